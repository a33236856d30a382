import type { Files } from '../../ports/index.ts';

/** Files in a map from `area/name` to text. */
export interface MemoryFiles extends Files {
  readonly texts: Map<string, string>;
  readonly secrets: ReadonlySet<string>;
}

/** No file but those given. */
export const createMemoryFiles = (texts: ReadonlyMap<string, string> = new Map()): MemoryFiles => {
  const all = new Map(texts);
  const secrets = new Set<string>();
  const keyOf = (area: string, name: string) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) throw new RangeError(`Not a file name: ${name}`);
    return `${area}/${name}`;
  };
  return {
    texts: all,
    secrets,
    readText: async (area, name) => all.get(keyOf(area, name)),
    async writeText(area, name, text, options = {}) {
      all.set(keyOf(area, name), text);
      if (options.secret === true) secrets.add(keyOf(area, name));
    },
    async remove(area, name) {
      all.delete(keyOf(area, name));
    },
  };
};
