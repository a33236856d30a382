/** The words in which `manifest.ts` describes packages. */

import type { RegistryFile } from './registry-file.ts';

export type Format = 'deb' | 'ipk' | 'apk';

/** Where bytes come from; paths are relative to the repository. */
export type Source =
  | { readonly from: string }
  /** Every file below a directory, at the same place below `to`. */
  | { readonly tree: string }
  /** What a built program prints. */
  | { readonly printedBy: readonly [bundle: string, ...args: string[]] }
  | { readonly text: string }
  | { readonly registry: RegistryFile };

/** A file, or a tree of files, in a package. */
export interface Item {
  readonly source: Source;
  /** Absolute path on the machine. */
  readonly to: string;
  /** 0644 by default. */
  readonly mode?: number;
  readonly gzip?: boolean;
  /** It belongs to the operator once installed. */
  readonly conffile?: boolean;
}

/** What differs by format. */
export interface FormatSpec {
  readonly architecture: string;
  readonly depends: readonly string[];
  readonly recommends?: readonly string[];
  readonly suggests?: readonly string[];
  readonly items: readonly Item[];
  /** See `PackageSpec.keep`. */
  readonly keep?: readonly string[];
  /** Script files by the moment they run at; `@VERSION@` in them becomes the version. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** A package in every format it is made in. */
export interface PackageManifest {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly section: string;
  /** Semver, or the directory of the workspace whose package.json has it. */
  readonly version: string | { readonly of: string };
  readonly formats: Partial<Readonly<Record<Format, FormatSpec>>>;
}
