/**
 * What a package holds, before any format: files, directories and links with their modes. Owner and group are always
 * root. Paths are relative to `/`, without a leading slash. Pure; every format writer starts from `completeTree`.
 */

/** One thing that a package puts on disk. */
export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

/** A regular file. */
export type FileEntry = Extract<Entry, { kind: 'file' }>;

/** Makes a file of bytes or text. */
export const fileEntry = (path: string, content: Uint8Array | string, mode = 0o644): FileEntry => ({
  kind: 'file',
  path,
  mode,
  bytes: typeof content === 'string' ? Buffer.from(content) : content,
});

/** The directories above a path, outermost first. */
const parentsOf = (path: string): readonly string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Byte order, which is what `LC_ALL=C sort` and apk's memcmp do. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const PATH = /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\0\n]+$/;

/** Adds the directories that nobody named (0755) and sorts; throws where a path is odd or there twice. */
export const completeTree = (entries: readonly Entry[]): readonly Entry[] => {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    if (!PATH.test(entry.path)) throw new RangeError(`Not a path in a package: ${entry.path}`);
    if (all.has(entry.path)) throw new RangeError(`Twice in one package: ${entry.path}`);
    all.set(entry.path, entry);
  }
  for (const path of [...all.keys()].flatMap(parentsOf)) {
    const found = all.get(path);
    if (found !== undefined && found.kind !== 'directory') throw new RangeError(`No directory: ${path}`);
    if (found === undefined) all.set(path, { kind: 'directory', path, mode: 0o755 });
  }
  return [...all.values()].sort((a, b) => byBytes(a.path, b.path));
};

/** The regular files. */
export const filesOf = (entries: readonly Entry[]): readonly FileEntry[] =>
  entries.filter((entry) => entry.kind === 'file');
