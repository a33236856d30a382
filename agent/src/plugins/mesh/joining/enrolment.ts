/** Joining an account: with a key, or by a code that a person approves in the portal. */
import { type Clock, codeOf, createBackoff, createScope, Secret } from '@sidegate/kit';
import {
  DnsLabel,
  type Enrolment,
  type EnrolmentRequestCreated,
  EnrolRequest,
  LIMITS,
  type NodeDescription,
  type UpRequest,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../../errors.ts';
import type { PluginHost } from '../../../plugin-api/index.ts';
import { createPrivateWireGuardKey, publicKeyOf } from '../../../tunnel/key-pair.ts';
import type { BrokerClient } from '../broker/broker-client.ts';
import type { Identity } from './identity.ts';

/** A broker that does not say how often to ask. */
const POLL_MIN_SEC = 1;

/** Any host name as a DNS label: `Büro-Router.local` becomes `b-ro-router`. */
export const labelOf = (hostname: string): DnsLabel => {
  const label = hostname
    .split('.')[0]!
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LIMITS.nodeNameLength)
    .replace(/-+$/, '');
  return v.parse(DnsLabel, label === '' ? 'node' : label);
};

const describeNode = (
  platform: PluginHost['platform'],
  request: UpRequest,
  privateKey: Secret,
): NodeDescription => ({
  publicKey: publicKeyOf(privateKey),
  role: request.role ?? 'edge',
  name: request.name ?? labelOf(platform.hostname),
  hostname: platform.hostname.slice(0, LIMITS.labelLength),
  platform: platform.describe.slice(0, LIMITS.labelLength),
  agentVersion: platform.version.slice(0, 32),
  bootId: platform.bootId,
});

const identityOf = (brokerUrl: string, privateKey: Secret, enrolment: Enrolment): Identity => {
  const { token, ...rest } = enrolment;
  return { wanted: 'up', brokerUrl, privateKey, token: new Secret(token), enrolment: rest };
};

/** A broker that cannot be reached is asked again, for about three seconds where it refuses: a person waits. */
const RETRY = { firstMs: 400, maxMs: 3000 } as const;
const TRIES_MAX = 4;
/** The local API's own patience is twice that. */
const TRYING_MAX_MS = 12_000;

/** One lost connection is no refusal. The broker knows a machine again that asks twice with the same key. */
const askPatiently = async <T>(clock: Clock, signal: AbortSignal, ask: () => Promise<T>): Promise<T> => {
  const backoff = createBackoff(RETRY);
  const startedAtMs = clock.monoMs();
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const isLate = clock.monoMs() - startedAtMs > TRYING_MAX_MS;
      if (codeOf(error) !== 'BROKER_UNREACHABLE' || tries >= TRIES_MAX || isLate) throw error;
      await clock.sleep(backoff.nextMs(), signal);
    }
  }
};

/** Where and as what to join. */
export interface JoinOptions {
  readonly client: BrokerClient;
  readonly clock: Clock;
  readonly brokerUrl: string;
  readonly platform: PluginHost['platform'];
  readonly request: UpRequest;
  readonly signal: AbortSignal;
}

/** Joins with an enrolment key. Nothing is kept of a try that failed. */
export const joinWithKey = async (options: JoinOptions & { readonly key: string }): Promise<Identity> => {
  const { client, clock, brokerUrl, platform, request, signal } = options;
  const key = v.safeParse(EnrolRequest.entries.key, options.key.trim());
  if (!key.success)
    throw new AgentError('ENROLMENT_KEY_MALFORMED', 'This is not an enrolment key', { field: 'key' });
  const privateKey = createPrivateWireGuardKey();
  const node = describeNode(platform, request, privateKey);
  const enrolment = await askPatiently(clock, signal, () => client.enrol({ key: key.output, node }, signal));
  return identityOf(brokerUrl, privateKey, enrolment);
};

/** A code on its way to approval, as it outlives the daemon. */
export interface JoinRequest {
  readonly brokerUrl: string;
  readonly privateKey: Secret;
  readonly created: EnrolmentRequestCreated;
}

/** Asks for a code. */
export const requestApproval = async (options: JoinOptions): Promise<JoinRequest> => {
  const { client, clock, brokerUrl, platform, request, signal } = options;
  const privateKey = createPrivateWireGuardKey();
  const node = describeNode(platform, request, privateKey);
  const created = await askPatiently(clock, signal, () => client.requestEnrolment(node, signal));
  return { brokerUrl, privateKey, created };
};

/** Waiting for somebody to decide. */
export interface PendingJoin extends AsyncDisposable, JoinRequest {}

/** Asks until it is decided. `onDecided` is called once. */
export const awaitApproval = (
  join: JoinRequest,
  options: {
    readonly client: BrokerClient;
    readonly clock: Clock;
    readonly onDecided: (outcome: Identity | 'denied' | 'expired') => void;
  },
): PendingJoin => {
  const { brokerUrl, privateKey, created } = join;
  const { client, clock, onDecided } = options;
  const pollToken = new Secret(created.pollToken);
  const scope = createScope();
  const poll = async (): Promise<Identity | 'denied' | 'expired'> => {
    for (;;) {
      await clock.sleep(Math.max(POLL_MIN_SEC, created.pollIntervalSec) * 1000, scope.signal);
      // A broker that cannot be reached just now has not decided yet.
      const answer = await client.readEnrolment(pollToken, scope.signal).catch(() => undefined);
      if (answer?.state === 'approved') return identityOf(brokerUrl, privateKey, answer.enrolment);
      if (answer?.state === 'denied' || answer?.state === 'expired') return answer.state;
      if (clock.wallMs() > created.expiresAt + 60_000) return 'expired';
    }
  };
  const polling = poll().then(onDecided, () => {});
  return {
    ...join,
    async [Symbol.asyncDispose]() {
      await scope.end();
      // Not awaited when called from `onDecided` itself.
      void polling;
    },
  };
};
