/**
 * Fake: both servers' APIs with lifelike data, for development, tests and screenshots. Isomorphic: component tests
 * run it in the page, fake/server.ts puts it behind HTTP. Requests are parsed with the wire contract's schemas and
 * refused as the real servers do. Never part of a build.
 */
import { type GenericSchema, getDotPath, type InferOutput, safeParse } from 'valibot';

/** A request, already taken apart. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Empty when the browser has no session cookie. */
  readonly session: string;
  readonly csrf: string;
}

/** An answer; `session` sets ('' clears) the cookie. */
export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly session?: string;
}

/** One fake server. */
export interface FakeApi {
  readonly base: string;
  handle(request: FakeRequest): FakeAnswer;
  /** Hears every event that the server would push. */
  subscribe(listener: (name: string, data: unknown) => void): () => void;
  /** Pushes an event that no request caused. */
  emit(name: string, data: unknown): void;
  isLoggedIn(session: string): boolean;
}

/** A refusal, as the servers write it. */
export class FakeError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  constructor(status: number, code: string, message: string, hint?: string, field?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.field = field;
  }
}

/** Parses a body or refuses it. */
export const readBody = <S extends GenericSchema>(schema: S, body: unknown): InferOutput<S> => {
  const parsed = safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = getDotPath(issue) ?? undefined;
  throw new FakeError(
    400,
    'BODY_INVALID',
    `${field ?? 'The request'}: ${issue.message}`,
    'Correct the field.',
    field,
  );
};

/** What was asked for, or the refusal of what is not there; `what` is its name in the code, such as `host`. */
export const need = <T>(value: T | undefined, what: string): T => {
  if (value !== undefined) return value;
  throw new FakeError(
    404,
    `${what.toUpperCase()}_UNKNOWN`,
    `There is no such ${what}`,
    'Load the list anew.',
  );
};

/** Handlers by `METHOD /path/:id`. */
export type FakeRoutes = Readonly<
  Record<string, (request: FakeRequest, params: Readonly<Record<string, string>>) => FakeAnswer | unknown>
>;

const matchParams = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split('/');
  const found = path.split('/');
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = found[index] ?? '';
    else if (part !== found[index]) return undefined;
  }
  return params;
};

const isAnswer = (value: unknown): value is FakeAnswer =>
  typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'number';

/** Finds the handler and turns refusals into error bodies. A handler returns a value (200) or an answer. */
export const dispatch = (routes: FakeRoutes, request: FakeRequest): FakeAnswer => {
  try {
    for (const [key, handler] of Object.entries(routes)) {
      const [method, pattern = ''] = key.split(' ');
      const params = method === request.method ? matchParams(pattern, request.path) : undefined;
      if (params === undefined) continue;
      const result = handler(request, params);
      if (isAnswer(result)) return result;
      return result === undefined ? { status: 204 } : { status: 200, body: result };
    }
    throw new FakeError(404, 'NOT_FOUND', 'There is nothing at this address');
  } catch (error) {
    if (!(error instanceof FakeError)) throw error;
    const { status, code, message, hint, field } = error;
    return {
      status,
      body: {
        error: {
          code,
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(field === undefined ? {} : { field }),
        },
      },
    };
  }
};

/** A set of listeners. */
export const createEvents = () => {
  const listeners = new Set<(name: string, data: unknown) => void>();
  return {
    emit: (name: string, data: unknown): void => {
      for (const listener of [...listeners]) listener(name, data);
    },
    subscribe: (listener: (name: string, data: unknown) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

let nextId = 1;
/** `h_000000000000000a` and the like: a prefix and 16 characters. */
export const fakeId = (prefix: string): string => `${prefix}_${(nextId++).toString(36).padStart(16, '0')}`;

/** A public key with the right shape. */
export const fakeKey = (seed: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2147483647, 7);
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  return `${Array.from({ length: 42 }, () => alphabet[next() % 64]).join('')}${'AEIMQUYcgkosw048'[next() % 16]}=`;
};

/** Data of a fake is written as plain text; the contract's brands are put on here, once. */
export const brand = <T>(value: unknown): T => value as T;
