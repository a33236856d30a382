import { describe, expect, it } from 'vitest';
import { renderForwardUrl } from './forward-url.ts';

describe('renderForwardUrl', () => {
  it.each([
    [80, 'tcp', 'http://home.acme.sidegate.internal:8001/'],
    [443, 'tcp', 'https://home.acme.sidegate.internal:8001/'],
    [22, 'both', 'ssh://home.acme.sidegate.internal:8001/'],
    [554, 'tcp', 'rtsp://home.acme.sidegate.internal:8001/'],
    [9100, 'tcp', 'home.acme.sidegate.internal:8001'],
    [80, 'udp', 'home.acme.sidegate.internal:8001'],
  ] as const)('%i over %s is %s', (targetPort, protocol, url) => {
    expect(
      renderForwardUrl({ protocol, edgePort: 8001, targetPort }, 'home.acme.sidegate.internal', undefined),
    ).toBe(url);
  });
});
