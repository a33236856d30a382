import { fileEntry } from '../entries.ts';
import type { PackageSpec } from '../package-spec.ts';

/** A package with one of everything. */
export const exampleSpec = (changes: Partial<PackageSpec> = {}): PackageSpec => ({
  name: 'example',
  version: '1.2.3-r1',
  summary: 'An example',
  description: 'It holds one of everything.',
  architecture: 'noarch',
  section: 'net',
  maintainer: 'Nobody <nobody@example.com>',
  license: 'Apache-2.0',
  url: 'https://example.com/',
  depends: ['libc', 'b>=1.2', 'a-b', 'a'],
  recommends: [],
  suggests: [],
  entries: [
    fileEntry('usr/bin/example', '#!/bin/sh\n', 0o755),
    fileEntry('etc/example/config', 'x=1\n', 0o600),
    fileEntry('usr/lib/example/empty', ''),
    fileEntry('usr/lib/example/large', Buffer.alloc(70_000, 7)),
    { kind: 'symlink', path: 'usr/bin/eg', target: 'example' },
    { kind: 'directory', path: 'var/lib/example', mode: 0o700 },
  ],
  conffiles: ['/etc/example/config'],
  keep: ['/etc/example/'],
  scripts: { 'post-install': '#!/bin/sh\nexit 0\n' },
  epochSec: 1_700_000_000,
  ...changes,
});
