/**
 * The local API: every plugin's routes under `/api`, and the event stream. Who asks was settled before (a file's
 * permission, a session); here a request is matched, parsed, handled and answered, errors included. Knows no port and
 * no cookie.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Clock,
  CodedError,
  type Emitter,
  HttpError,
  type Logger,
  openEventStream,
  readJson,
  sendError,
  sendJson,
} from '@sidegate/kit';
import { LIMITS } from '@sidegate/protocol';
import { AgentError } from '../errors.ts';
import type { ApiActor, ApiRequest, ApiRoute, EdgeEventMap, LocalApi } from '../plugin-api/index.ts';

/** The router as the core sees it. */
export interface ApiRouter extends LocalApi {
  /** Throws ROUTE_TAKEN where method and path have a handler already. */
  add(route: ApiRoute): Disposable;
  routes(): readonly ApiRoute[];
  /** All plugins have added theirs. Until then a request for what is not there yet waits. */
  complete(): void;
}

interface CompiledRoute {
  readonly route: ApiRoute;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

const PREFIX = '/api';

const compile = (route: ApiRoute): CompiledRoute => {
  const names: string[] = [];
  const source = route.path
    .split('/')
    .map((part) => {
      if (!part.startsWith(':')) return part.replaceAll(/[^\w-]/g, '\\$&');
      names.push(part.slice(1));
      return '([^/]+)';
    })
    .join('/');
  return { route, pattern: new RegExp(`^${source}$`), names };
};

/** Percent-decoding of text that a stranger chose. */
const decodePart = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new HttpError('NOT_FOUND', 'There is nothing at this address', { cause });
  }
};

const paramsOf = ({ pattern, names }: CompiledRoute, path: string): Record<string, string> => {
  const values = pattern.exec(path)!.slice(1);
  return Object.fromEntries(names.map((name, at) => [name, decodePart(values[at]!)]));
};

/** Aborts when the asker goes away before the answer is complete. */
const signalOf = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
};

const sendResult = (response: ServerResponse, result: unknown) => {
  if (result !== undefined) return sendJson(response, 200, result);
  response.writeHead(204, { 'cache-control': 'no-store' });
  response.end();
};

/** What the router works with. */
export interface ApiRouterDeps {
  readonly events: Emitter<EdgeEventMap>;
  readonly clock: Clock;
  readonly log: Logger;
}

const streamEvents = ({ events, clock }: ApiRouterDeps, response: ServerResponse) => {
  const stream = openEventStream(response, clock);
  const subscription = events.onAny((event, data) => stream.send(event, data));
  stream.signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true });
};

/** Described for the OpenAPI document; answered by the router itself, for it is a stream. */
const EVENTS_ROUTE: ApiRoute = {
  method: 'GET',
  path: '/events',
  summary: 'Everything that changes, as server-sent events',
  handler: async () => undefined,
};

/** A router with the event stream and nothing else. */
export const createApiRouter = (deps: ApiRouterDeps): ApiRouter => {
  const compiled = new Set<CompiledRoute>([compile(EVENTS_ROUTE)]);
  const find = (method: string, path: string, actor: ApiActor): CompiledRoute => {
    const here = [...compiled].filter(
      ({ route, pattern }) =>
        pattern.test(path) && (actor.kind === 'local' || (route.reach ?? 'everywhere') === 'everywhere'),
    );
    if (here.length === 0) throw new HttpError('NOT_FOUND', 'There is nothing at this address');
    // A path spelled out wins over one with a parameter in its place.
    const [match] = here
      .filter(({ route }) => route.method === method)
      .sort((one, other) => one.names.length - other.names.length);
    if (match === undefined) throw new HttpError('METHOD_NOT_ALLOWED', `${method} is not for this address`);
    return match;
  };
  let complete = () => {};
  let waiting: Promise<void> | undefined = new Promise((resolve) => {
    complete = resolve;
  });
  const isThere = (path: string) => [...compiled].some(({ pattern }) => pattern.test(path));
  const handle = async (request: IncomingMessage, response: ServerResponse, actor: ApiActor) => {
    const url = new URL(request.url ?? '/', 'http://agent');
    if (!url.pathname.startsWith(`${PREFIX}/`))
      throw new HttpError('NOT_FOUND', 'There is nothing at this address');
    const path = url.pathname.slice(PREFIX.length);
    const method = request.method ?? 'GET';
    if (!isThere(path)) await waiting;
    const match = find(method, path, actor);
    if (match.route === EVENTS_ROUTE) return streamEvents(deps, response);
    const apiRequest: ApiRequest = {
      method,
      params: paramsOf(match, path),
      query: Object.fromEntries(url.searchParams),
      actor,
      readBody: (schema, limitBytes = LIMITS.bodySizeBytes) => readJson(request, schema, limitBytes),
      signal: signalOf(response),
    };
    sendResult(response, await match.route.handler(apiRequest));
  };
  return {
    async serve(request, response, actor) {
      try {
        await handle(request, response, actor);
      } catch (error) {
        if (!(error instanceof CodedError)) {
          deps.log.error('answer a request', { error, path: request.url ?? '' });
        }
        // The rest of a body that nobody reads must not be taken for the next request.
        if (!request.complete) response.shouldKeepAlive = false;
        sendError(response, error);
      }
    },
    add(route) {
      const taken = [...compiled].some(
        (other) =>
          other.route.method === route.method && other.pattern.source === compile(route).pattern.source,
      );
      if (taken) {
        throw new AgentError('ROUTE_TAKEN', `${route.method} ${route.path} has a handler already`, {
          details: { method: route.method, path: route.path },
        });
      }
      const entry = compile(route);
      compiled.add(entry);
      return { [Symbol.dispose]: () => void compiled.delete(entry) };
    },
    routes: () => [...compiled].map(({ route }) => route),
    complete() {
      waiting = undefined;
      complete();
    },
  };
};
