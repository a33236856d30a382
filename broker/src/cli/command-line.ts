/** From words to commands. Pure. */
import { parseArgs } from 'node:util';
import type { ConfigInput } from '../config.ts';

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Commands that have settings. */
export type CommandKind =
  | 'serve'
  | 'init'
  | 'key-create'
  | 'profile-create'
  | 'relay-usage'
  | 'relay-quota'
  | 'relay-list'
  | 'relay-approve'
  | 'relay-revoke';

/** What is to be done. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: CommandKind;
      readonly flags: ConfigInput;
      readonly configFile: string | undefined;
      readonly options: CommandOptions;
    };

/** What is no setting of the broker. */
export interface CommandOptions {
  readonly [name: string]: string | boolean | readonly string[] | undefined;
}

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;

/** Flag to setting. */
const SETTINGS = {
  data: 'data',
  database: 'database',
  http: 'http',
  udp: 'udp',
  'public-udp': 'publicUdp',
  'public-url': 'publicUrl',
  'base-domain': 'baseDomain',
  'edge-url': 'edgeUrl',
  'dns-upstream': 'dnsUpstream',
  'portal-dir': 'portalDir',
  'check-in-sec': 'checkInSec',
  'relay-quota': 'relayQuota',
  'trust-proxy': 'trustProxy',
  'tls-cert': 'tlsCert',
  'tls-key': 'tlsKey',
  'log-level': 'logLevel',
} as const satisfies Record<string, keyof ConfigInput>;

/** A command that asks the portal of the running broker. */
const AS_PERSON = { user: string, 'password-stdin': boolean, json: boolean } as const;

const OPTIONS = {
  serve: {},
  init: {
    'account-name': string,
    label: string,
    email: string,
    name: string,
    preset: string,
    prefix4: string,
    'password-stdin': boolean,
  },
  'key-create': {
    role: string,
    reusable: boolean,
    tag: { type: 'string', multiple: true },
    label: string,
    'lifetime-sec': string,
    user: string,
    json: boolean,
  },
  'relay-usage': { json: boolean },
  'relay-quota': { size: string, json: boolean },
  'relay-list': AS_PERSON,
  'relay-approve': AS_PERSON,
  'relay-revoke': AS_PERSON,
  'profile-create': {
    user: string,
    name: string,
    'public-key': string,
    generate: boolean,
    'password-stdin': boolean,
  },
} as const;

/** The words of each command; one in capitals is for the person to choose, and becomes the option of that name. */
const COMMANDS: Readonly<Record<string, CommandKind>> = {
  serve: 'serve',
  init: 'init',
  'key create': 'key-create',
  'profile create': 'profile-create',
  'relay usage': 'relay-usage',
  'relay quota ACCOUNT': 'relay-quota',
  'relay list': 'relay-list',
  'relay approve NODE': 'relay-approve',
  'relay revoke NODE': 'relay-revoke',
};

const isChosen = (word: string): boolean => word === word.toUpperCase();

/** The command, and what was chosen in it. */
const findCommand = (
  words: readonly string[],
): { readonly kind: CommandKind; readonly chosen: CommandOptions } => {
  for (const [command, kind] of Object.entries(COMMANDS)) {
    const pattern = command.split(' ');
    const isSame = pattern.every((word, at) => isChosen(word) || word === words[at]);
    // A word to choose may be left out here: the command says better what is missing.
    if (!isSame || words.length > pattern.length) continue;
    const chosen = pattern.flatMap((word, at) => (isChosen(word) ? [[word.toLowerCase(), words[at]]] : []));
    return { kind, chosen: Object.fromEntries(chosen) };
  }
  const name = words.join(' ');
  throw new UsageError(name === '' ? 'Say what to do' : `There is no command ${JSON.stringify(name)}`);
};

/** Parses the words after the program's name, or throws `UsageError`. */
export const parseCommandLine = (argv: readonly string[]): Command => {
  if (argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') return { kind: 'help' };
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) return { kind: 'version' };
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag);
  const { kind, chosen } = findCommand(words);
  const settings = Object.fromEntries(
    Object.keys(SETTINGS).map((name) => [name, name === 'trust-proxy' ? boolean : string]),
  );
  try {
    const { values } = parseArgs({
      args: argv.slice(words.length),
      options: { ...settings, ...OPTIONS[kind], config: string },
      allowPositionals: false,
    });
    const { config, ...rest } = values as Record<string, string | boolean | string[] | undefined>;
    const isSetting = (name: string): name is keyof typeof SETTINGS => Object.hasOwn(SETTINGS, name);
    const entries = Object.entries(rest);
    return {
      kind,
      flags: Object.fromEntries(
        entries.flatMap(([name, value]) => (isSetting(name) ? [[SETTINGS[name], value]] : [])),
      ),
      configFile: config as string | undefined,
      options: { ...Object.fromEntries(entries.filter(([name]) => !isSetting(name))), ...chosen },
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};
