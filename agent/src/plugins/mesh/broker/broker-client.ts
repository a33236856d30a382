/**
 * The broker over HTTP: each call one request with a timeout, answers decoded by the protocol's schemas. What the
 * broker refuses keeps the broker's code and hint; what it garbles is an error, never a crash.
 */
import {
  type Clock,
  CodedError,
  decodeEventStream,
  type ErrorMeta,
  type Secret,
  type SseMessage,
} from '@sidegate/kit';
import {
  type CheckInRequest,
  CheckInResponse,
  Enrolment,
  EnrolmentRequestCreated,
  EnrolmentRequestState,
  type EnrolRequest,
  ErrorBody,
  type HostWish,
  NODE_EVENTS,
  type NodeDescription,
  type NodeEvent,
  type NodeEventName,
  type NodeId,
  RelayDirectory,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../../errors.ts';
import { type HttpReply, type RequestHttp, requestHttp } from '../../../tcp/request-http.ts';

const TIMEOUT_MS = 10_000;
/** A map of as many peers as one node may know: some 400 bytes each. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;

/** A refusal in the broker's own words. */
export class BrokerRefusal extends CodedError {
  override readonly name = 'BrokerRefusal';
  readonly code: string;
  readonly meta: ErrorMeta;
  readonly details = {};
  readonly hint: string;
  readonly field: string | undefined;
  constructor(status: number, { code, message, hint, field }: ErrorBody['error']) {
    super(message);
    this.code = code;
    this.hint = hint ?? 'The broker refused.';
    // 401 would tell the command line that it has to log in to the agent.
    const ownStatus = status === 401 ? 403 : status;
    this.meta = {
      hint: this.hint,
      retry: status >= 500 || status === 429 ? 'backoff' : 'never',
      blame: 'remote',
      status: ownStatus,
    };
    this.field = field;
  }
}

/** Everything a node asks of its broker. */
export interface BrokerClient {
  enrol(request: EnrolRequest, signal: AbortSignal): Promise<Enrolment>;
  requestEnrolment(node: NodeDescription, signal: AbortSignal): Promise<EnrolmentRequestCreated>;
  readEnrolment(pollToken: Secret, signal: AbortSignal): Promise<EnrolmentRequestState>;
  checkIn(token: Secret, request: CheckInRequest, signal: AbortSignal): Promise<CheckInAnswer>;
  requestPunch(token: Secret, peer: NodeId, signal: AbortSignal): Promise<void>;
  /** These hosts behind us, and no others, shall have addresses. */
  setHosts(token: Secret, hosts: readonly HostWish[], signal: AbortSignal): Promise<void>;
  /** What our relay may do, if that is not of this revision. */
  readRelayDirectory(
    token: Secret,
    revision: string | undefined,
    signal: AbortSignal,
  ): Promise<RelayDirectory | 'same'>;
  leave(token: Secret, signal: AbortSignal): Promise<void>;
  /** Says that this node goes off line, and stays a member. */
  goOffline(token: Secret, signal: AbortSignal): Promise<void>;
  /** One stream; ends by throwing. `undefined` is a sign of life, `'garbled'` an event that cannot be read. */
  watchEvents(token: Secret, signal: AbortSignal): AsyncGenerator<NodeEvent | 'garbled' | undefined>;
}

/** The answer with the broker's clock, milliseconds since 1970, where it says. */
export interface CheckInAnswer {
  readonly response: CheckInResponse;
  readonly brokerTimeMs: number | undefined;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly token?: Secret;
  readonly body?: unknown;
  /** Revision of what we have: where it is that still, the answer is 'same'. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
}

const Nothing = v.any();

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** For people. */
const whyOf = (error: unknown): string =>
  // Where a name has several addresses, only the code says something.
  error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);

const readText = async (response: HttpReply): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > ANSWER_LIMIT_BYTES)
        throw new AgentError('BROKER_NOT_UNDERSTOOD', "The broker's answer is too large");
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError('BROKER_UNREACHABLE', "Read the broker's answer to its end", { cause });
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
};

const decodeEvent = ({ event, data }: SseMessage): NodeEvent | 'garbled' | undefined => {
  // A newer broker may say more than we know: not for us.
  if (!Object.hasOwn(NODE_EVENTS, event)) return undefined;
  const result = v.safeParse(NODE_EVENTS[event as NodeEventName], parseJson(data));
  return result.success ? ({ event, data: result.output } as NodeEvent) : 'garbled';
};

/** A client of the broker at `baseUrl`. */
export const createBrokerClient = (
  baseUrl: string,
  clock: Clock,
  request: RequestHttp = requestHttp,
): BrokerClient => {
  const urlOf = (path: string): string => new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`).href;
  const send = async ({ method, path, token, body, etag, signal }: Call): Promise<HttpReply> => {
    try {
      return await request(urlOf(path), {
        method,
        headers: {
          accept: 'application/json',
          ...(etag === undefined ? {} : { 'if-none-match': `"${etag}"` }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
      });
    } catch (cause) {
      const why = whyOf(cause);
      throw new AgentError('BROKER_UNREACHABLE', `Reach the broker at ${baseUrl}: ${why}`, {
        cause,
        details: { url: baseUrl, why },
      });
    }
  };
  const refuse = async (response: HttpReply): Promise<never> => {
    const parsed = v.safeParse(ErrorBody, parseJson(await readText(response).catch(() => '')));
    if (parsed.success) throw new BrokerRefusal(response.status, parsed.output.error);
    throw new AgentError('BROKER_NOT_UNDERSTOOD', "Understand the broker's answer", {
      details: { url: baseUrl, status: response.status },
    });
  };
  const call = async <S extends v.GenericSchema>(schema: S, asked: Call) => {
    const timeout = new AbortController();
    using _timer = clock.after(TIMEOUT_MS, () =>
      timeout.abort(new Error('The broker did not answer in time')),
    );
    const response = await send({ ...asked, signal: AbortSignal.any([asked.signal, timeout.signal]) });
    if (!response.ok && response.status !== 304) return refuse(response);
    const text = await readText(response);
    const answer = response.status === 304 ? 'same' : parseJson(text);
    const result = v.safeParse(schema, answer);
    if (!result.success)
      throw new AgentError('BROKER_NOT_UNDERSTOOD', "Understand the broker's answer", {
        details: { url: baseUrl, problem: result.issues[0].message },
      });
    const brokerTimeMs = Date.parse(response.headers.get('date') ?? '');
    return {
      value: result.output as v.InferOutput<S>,
      brokerTimeMs: Number.isNaN(brokerTimeMs) ? undefined : brokerTimeMs,
    };
  };
  return {
    enrol: async (body, signal) =>
      (await call(Enrolment, { method: 'POST', path: 'v1/enrol', body, signal })).value,
    requestEnrolment: async (node, signal) =>
      (
        await call(EnrolmentRequestCreated, {
          method: 'POST',
          path: 'v1/enrol/requests',
          body: { node },
          signal,
        })
      ).value,
    readEnrolment: async (token, signal) =>
      (await call(EnrolmentRequestState, { method: 'GET', path: 'v1/enrol/requests/self', token, signal }))
        .value,
    async checkIn(token, body, signal) {
      const path = 'v1/nodes/self/check-in';
      const { value, brokerTimeMs } = await call(CheckInResponse, {
        method: 'POST',
        path,
        token,
        body,
        signal,
      });
      return { response: value, brokerTimeMs };
    },
    async requestPunch(token, peer, signal) {
      await call(Nothing, { method: 'POST', path: 'v1/nodes/self/punch', token, body: { peer }, signal });
    },
    async setHosts(token, hosts, signal) {
      // What was allotted comes with the map, as everything that peers know too.
      await call(Nothing, { method: 'PUT', path: 'v1/nodes/self/addresses', token, body: { hosts }, signal });
    },
    async readRelayDirectory(token, revision, signal) {
      const path = 'v1/nodes/self/relay-directory';
      const asked = { method: 'GET', path, token, signal, etag: revision } as const;
      return (await call(v.union([RelayDirectory, v.literal('same')]), asked)).value;
    },
    async leave(token, signal) {
      await call(Nothing, { method: 'DELETE', path: 'v1/nodes/self', token, signal });
    },
    async goOffline(token, signal) {
      await call(Nothing, { method: 'DELETE', path: 'v1/nodes/self/events', token, signal });
    },
    async *watchEvents(token, signal) {
      const response = await send({ method: 'GET', path: 'v1/nodes/self/events', token, signal });
      if (!response.ok || response.body === null) return refuse(response);
      for await (const message of decodeEventStream(response.body))
        yield message === undefined ? undefined : decodeEvent(message);
    },
  };
};
