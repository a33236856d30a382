import { afterEach, describe, expect, it, vi } from 'vitest';
import { probeCapabilities, requireLab } from './probe-capabilities.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('probeCapabilities', () => {
  it('says of each missing program which package brings it', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    const unshare = (await probeCapabilities()).find(({ name }) => name === 'unshare');
    expect(unshare).toEqual({
      name: 'unshare',
      ok: false,
      why: 'no unshare in PATH',
      hint: 'apt-get install util-linux',
    });
  });
});

describe('requireLab', () => {
  it('answers the reason to skip outside of continuous integration', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('CI', '');
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect(await requireLab()).toContain('unshare: no unshare in PATH; apt-get install util-linux');
    expect(warn).toHaveBeenCalledOnce();
  });

  it('throws in continuous integration, where a skipped test would look like a passed one', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('CI', 'true');
    await expect(requireLab()).rejects.toMatchObject({ code: 'LAB_UNSUPPORTED' });
  });
});
