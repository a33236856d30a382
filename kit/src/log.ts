/** Structured log lines. The field names are a type, so that one thing has one name everywhere. */
import { type Clock, systemClock } from './clock.ts';
import { describeError } from './errors.ts';

/** From the chattiest to the gravest; a level lets through itself and what is graver. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All field names a log line may carry. */
export interface LogFields {
  readonly error?: unknown;
  readonly code?: string;
  readonly node?: string;
  readonly peer?: string;
  readonly account?: string;
  readonly user?: string;
  readonly plugin?: string;
  readonly endpoint?: string;
  readonly address?: string;
  readonly command?: string;
  readonly durationMs?: number;
  readonly count?: number;
  readonly path?: string;
  readonly state?: string;
  readonly why?: string;
  readonly url?: string;
  readonly requestId?: string;
  readonly status?: number;
}

/** Writes lines of text; the message says what happened, the fields to whom. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines name the subsystem. */
  child(name: string): Logger;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const renderFields = (fields: LogFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = key === 'error' ? describeError(value) : String(value);
      return ` ${key}=${/[\s"=]/.test(text) ? JSON.stringify(text) : text}`;
    })
    .join('');

/**
 * Lines to `write`, `level` and above: `2026-01-01T00:00:00.000Z info mesh: peer is direct peer=n_…`. A level that may
 * change is a function, asked for each line.
 */
export const createLogger = (options: {
  readonly level?: LogLevel | (() => LogLevel);
  readonly write?: (line: string) => void;
  readonly clock?: Clock;
  readonly name?: string;
}): Logger => {
  const {
    level = 'info',
    write = (line) => process.stderr.write(`${line}\n`),
    clock = systemClock,
    name = '',
  } = options;
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      const least = typeof level === 'function' ? level() : level;
      if (LEVELS.indexOf(lineLevel) < LEVELS.indexOf(least)) return;
      const prefix = name === '' ? '' : `${name}: `;
      write(
        `${new Date(clock.wallMs()).toISOString()} ${lineLevel} ${prefix}${message}${renderFields(fields)}`,
      );
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (childName) =>
      createLogger({ level, write, clock, name: name === '' ? childName : `${name}.${childName}` }),
  };
};

/** A logger that says nothing, for tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
