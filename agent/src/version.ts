import manifest from '../package.json' with { type: 'json' };

/** The agent's version, from its package manifest. */
export const VERSION: string = manifest.version;
