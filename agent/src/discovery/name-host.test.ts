import { describe, expect, it } from 'vitest';
import { nameHost } from './name-host.ts';
import type { ObservedField } from './observation.ts';

describe('nameHost', () => {
  const fields = (entries: Partial<Record<ObservedField, string[]>>) =>
    new Map(Object.entries(entries) as [ObservedField, string[]][]);

  it('takes a person’s name before all others, then the best that was said', () => {
    const said = fields({
      'http-title': ['IP CAMERA'],
      'mdns-host': ['cam.local'],
      'lease-name': ['doorcam'],
    });
    expect(nameHost({ givenName: 'Front door', fields: said })).toBe('Front door');
    expect(nameHost({ fields: said })).toBe('doorcam');
  });

  it('passes over names that say nothing', () => {
    const said = fields({
      'http-title': ['Login'],
      'tls-subject': ['localhost'],
      'mdns-host': ['192.168.1.4'],
    });
    expect(nameHost({ fields: said, address: '192.168.1.4' as never })).toBe('192.168.1.4');
    expect(nameHost({ fields: fields({}), mac: '44:47:cc:00:00:01' as never })).toBe('44:47:cc:00:00:01');
  });
});
