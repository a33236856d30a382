/**
 * What the bundle does without: parts of libraries that the agent never calls, which the bundler cannot see because
 * their functions are handed around as values. Each is replaced by the least that its importers can live with. A part
 * that is not met any more, after an upgrade say, fails the build.
 */
import type { Plugin } from 'esbuild';

/** Media types of what the web UI is made of, by extension. */
export const STATIC_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  html: 'text/html',
  ico: 'image/x-icon',
  js: 'text/javascript',
  json: 'application/json',
  map: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  webmanifest: 'application/manifest+json',
  woff2: 'font/woff2',
};

/** End of the module's path, what stands in its place, and why that loses nothing. */
const PARTS: readonly (readonly [module: string, instead: string, why: string])[] = [
  [
    'mrmime/index.mjs',
    `const types = ${JSON.stringify(STATIC_TYPES)};
    export const lookup = (name) => types[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];`,
    'it knows 430 kinds of files, and the web UI is of a dozen',
  ],
  [
    'execa/index.js',
    `import { createExeca } from './lib/methods/create.js';
    export const execa = createExeca(() => ({}));`,
    'its other ways to say what is to be run, of which we use none',
  ],
  ['execa/lib/methods/main-sync.js', 'export const execaCoreSync = undefined;', 'nothing blocks the daemon'],
  [
    'execa/lib/ipc/methods.js',
    'export const addIpcMethods = () => {}; export const getIpcExport = () => ({});',
    'no program that we run is a Node with a channel',
  ],
  [
    'execa/lib/ipc/buffer-messages.js',
    `export const waitForIpcOutput = async ({ ipcOutput }) => ipcOutput;
    export const getBufferedIpcOutput = async (_promise, ipcOutput) => ipcOutput;`,
    'the same',
  ],
  [
    'execa/lib/ipc/ipc-input.js',
    'export const validateIpcInputOption = () => {}; export const sendIpcInput = async () => {};',
    'the same',
  ],
  [
    'execa/lib/terminate/graceful.js',
    'export const validateGracefulCancel = () => {}; export const throwOnGracefulCancel = () => [];',
    'the same: it would ask for an end over that channel',
  ],
  [
    'execa/lib/methods/template.js',
    'export const isTemplateString = () => false; export const parseTemplates = undefined;',
    'an argument vector, never a template',
  ],
  ['execa/lib/convert/add.js', 'export const addConvertedStreams = () => {};', 'pipes are read as they are'],
  ['execa/lib/pipe/setup.js', 'export const pipeToSubprocess = () => {};', 'programs are not piped together'],
  ['execa/lib/verbose/start.js', 'export const logCommand = () => {};', 'our own log tells what is run'],
  ['execa/lib/verbose/complete.js', 'export const logResult = () => {};', 'the same'],
  [
    'execa/lib/verbose/output.js',
    'export const shouldLogOutput = () => false; export const logLines = undefined;',
    'the same',
  ],
  [
    'signal-exit/dist/mjs/index.js',
    'export const onExit = undefined;',
    'the wrapper says `cleanup: false`: the daemon ends its programs itself, by their signals',
  ],
  ['npm-run-path/index.js', 'export const npmRunPathEnv = undefined;', 'programs are found on a fixed path'],
  [
    '@sindresorhus/merge-streams/index.js',
    'export default undefined;',
    'output and complaints are read apart, and `all` is not asked for',
  ],
  [
    'human-signals/build/src/main.js',
    `import { constants } from 'node:os';
    const names = Object.keys(constants.signals);
    export const signalsByName = Object.fromEntries(names.map((name) => [name, { description: name }]));`,
    'their names say enough in a message that is for the log',
  ],
  [
    'cross-spawn/index.js',
    'module.exports = { _parse: (command, args, options) => ({ command, args, options }) };',
    'what it does, it does on Windows',
  ],
];

const escapePattern = (text: string): string => text.replace(/[.\\/]/g, '\\$&');

/** Puts the replacements in. */
export const leaveOut = (): Plugin => ({
  name: 'leave-out',
  setup(build) {
    const met = new Set<string>();
    for (const [module, contents] of PARTS) {
      build.onLoad({ filter: new RegExp(`/node_modules/${escapePattern(module)}$`) }, () => {
        met.add(module);
        return { contents, loader: 'js' };
      });
    }
    build.onEnd(() => {
      const errors = PARTS.filter(([module]) => !met.has(module)).map(([module]) => ({
        text: `${module} is not bundled any more: take it out of leave-out.ts, or say where it is now`,
      }));
      return { errors };
    });
  },
});
