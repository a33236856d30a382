import { expect, it } from 'vitest';
import { debVersion, openwrtVersion } from './version.ts';

it('writes a release in the grammar of each format', () => {
  expect([debVersion('1.2.3'), openwrtVersion('1.2.3'), openwrtVersion('1.2.3', 4)]).toEqual([
    '1.2.3',
    '1.2.3-r1',
    '1.2.3-r4',
  ]);
});

it('sorts a pre-release before its release, in words that apk knows', () => {
  expect([debVersion('1.2.3-beta.1'), openwrtVersion('1.2.3-beta.1')]).toEqual([
    '1.2.3~beta1',
    '1.2.3_beta1-r1',
  ]);
});

it.each(['1.2', '1.2.3-nightly.4', '1.2.3-beta.1.2', '1.2.3+build', ''])('refuses %j', (version) => {
  expect(() => debVersion(version)).toThrow(RangeError);
  expect(() => openwrtVersion(version)).toThrow(RangeError);
});
