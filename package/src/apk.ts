/** apk 3 packages: the schema `pckg` over ADB, with the files that OpenWrt's base system expects in one. */
import { createHash, type KeyObject } from 'node:crypto';
import { type AdbData, type AdbTag, type AdbWriter, createAdbWriter, encodeAdbFile } from './adb.ts';
import { writePackageInfo } from './apk-info.ts';
import { completeTree, type Entry, filesOf } from './entries.ts';
import { apkListEntries, keepEntries } from './openwrt-files.ts';
import type { PackageSpec } from './package-spec.ts';

const UNIQUE_ID_BYTES = 20;
/** `stat.h`: the type of a link, in front of its text. */
const S_IFLNK = 0o120000;

/** Slots of the scripts, apk-tools `apk_adb.h`. */
const SCRIPT_SLOTS: Readonly<Record<string, number>> = {
  trigger: 1,
  'pre-install': 2,
  'post-install': 3,
  'pre-deinstall': 4,
  'post-deinstall': 5,
  'pre-upgrade': 6,
  'post-upgrade': 7,
};

type Node = Exclude<Entry, { kind: 'directory' }>;
interface Directory {
  readonly path: string;
  readonly mode: number;
  readonly nodes: readonly Node[];
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Directories, the root among them, each with what is directly in it; sorted, because `completeTree` is. */
const groupByDirectory = (entries: readonly Entry[]): readonly Directory[] => {
  const directories = [
    { path: '', mode: 0o755 },
    ...entries.filter((entry) => entry.kind === 'directory').map(({ path, mode }) => ({ path, mode })),
  ];
  const nodes = entries.filter((entry) => entry.kind !== 'directory');
  return directories.map((directory) => ({
    ...directory,
    nodes: nodes.filter(({ path }) => parentOf(path) === directory.path),
  }));
};

const writeAcl = (adb: AdbWriter, mode: number): AdbTag =>
  adb.object({ 1: adb.int(mode), 2: adb.blob('root'), 3: adb.blob('root') });

const writeNode = (adb: AdbWriter, node: Node, epochSec: number): AdbTag => {
  const common = { 1: adb.blob(baseOf(node.path)), 4: adb.int(epochSec) };
  if (node.kind === 'symlink') {
    const type = Buffer.alloc(2);
    type.writeUInt16LE(S_IFLNK);
    const target = Buffer.from(node.target);
    return adb.object({
      ...common,
      2: writeAcl(adb, 0o777),
      3: adb.int(target.length),
      6: adb.blob(Buffer.concat([type, target])),
    });
  }
  return adb.object({
    ...common,
    2: writeAcl(adb, node.mode),
    3: adb.int(node.bytes.length),
    5: adb.blob(createHash('sha256').update(node.bytes).digest()),
  });
};

const writeScripts = (adb: AdbWriter, scripts: PackageSpec['scripts']): AdbTag =>
  adb.object(
    Object.fromEntries(
      Object.entries(scripts).map(([name, text]) => {
        const slot = SCRIPT_SLOTS[name];
        if (slot === undefined) throw new RangeError(`apk has no script ${name}`);
        return [slot, adb.blob(text)];
      }),
    ),
  );

const contentsOf = (directories: readonly Directory[]): readonly AdbData[] =>
  directories.flatMap(({ nodes }, directoryIndex) =>
    nodes.flatMap((node, nodeIndex) =>
      node.kind === 'file' && node.bytes.length > 0
        ? [{ pathIndex: directoryIndex + 1, fileIndex: nodeIndex + 1, bytes: node.bytes }]
        : [],
    ),
  );

/** A package and what an index says of it. */
export interface EncodedApk {
  readonly bytes: Uint8Array;
  /** SHA-256 of the payload: an index that names it makes the package trusted. */
  readonly payloadHash: Uint8Array;
  readonly installedBytes: number;
}

/** Writes the package, signed by each of the keys. */
export const encodeApk = (spec: PackageSpec, keys: readonly KeyObject[]): EncodedApk => {
  const entries = completeTree([...spec.entries, ...keepEntries(spec), ...apkListEntries(spec)]);
  const directories = groupByDirectory(entries);
  const installedBytes = filesOf(entries).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const adb = createAdbWriter();
  const [uniqueId, idOffset] = adb.place(UNIQUE_ID_BYTES);
  const info = writePackageInfo(adb, spec, { hashes: uniqueId, installedBytes });
  const paths = adb.array(
    directories.map(({ path, mode, nodes }) =>
      adb.object({
        1: adb.blob(path),
        2: writeAcl(adb, mode),
        3: adb.array(nodes.map((node) => writeNode(adb, node, spec.epochSec))),
      }),
    ),
  );
  const payload = adb.finish(adb.object({ 1: info, 2: paths, 3: writeScripts(adb, spec.scripts) }));
  // The id is the hash of the payload in which it is still zero.
  payload.set(createHash('sha256').update(payload).digest().subarray(0, UNIQUE_ID_BYTES), idOffset);
  return {
    bytes: encodeAdbFile({ schema: 'pckg', payload, keys, data: contentsOf(directories) }),
    payloadHash: createHash('sha256').update(payload).digest(),
    installedBytes,
  };
};

/** Name of the file in a repository. */
export const apkFileName = ({ name, version }: PackageSpec): string => `${name}-${version}.apk`;
