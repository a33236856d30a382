/** The code that waits for somebody to approve this machine: one at a time, on disk, so that it outlives the daemon. */
import type { Clock } from '@sidegate/kit';
import type { Files } from '../../../ports/index.ts';
import type { BrokerClient } from '../broker/broker-client.ts';
import { awaitApproval, type JoinRequest, type PendingJoin } from './enrolment.ts';
import type { Identity } from './identity.ts';
import { createJoinStore } from './join-store.ts';

export interface ApprovalDesk {
  /** The code for this broker: the one that waits, or what `request` gets for us. */
  ask(brokerUrl: string, request: () => Promise<JoinRequest>): Promise<JoinRequest['created']>;
  /** What waited when the daemon ended, if anything did. */
  load(): Promise<JoinRequest | undefined>;
  /** Waits on. */
  wait(join: JoinRequest): void;
  /** It is decided: nobody waits any more, and the code is still on disk. */
  noteDecided(): void;
  /** Stops waiting; the next daemon goes on. */
  end(): Promise<void>;
  /** Stops waiting for good. */
  forget(): Promise<void>;
}

/** Nobody waits. */
export const createApprovalDesk = (deps: {
  readonly files: Files;
  readonly clock: Clock;
  readonly clientOf: (brokerUrl: string) => BrokerClient;
  /** Called once for each code that somebody decided on, or nobody in time. */
  readonly onDecided: (outcome: Identity | 'denied' | 'expired') => void;
}): ApprovalDesk => {
  const { clock, clientOf, onDecided } = deps;
  const store = createJoinStore(deps.files);
  let pending: PendingJoin | undefined;

  const wait = (join: JoinRequest): PendingJoin => {
    pending = awaitApproval(join, { client: clientOf(join.brokerUrl), clock, onDecided });
    return pending;
  };
  const end = async (): Promise<void> => {
    const ending = pending;
    pending = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  const forget = async (): Promise<void> => {
    await end();
    await store.remove();
  };
  return {
    async ask(brokerUrl, request) {
      if (pending?.brokerUrl === brokerUrl && pending.created.expiresAt >= clock.wallMs())
        return pending.created;
      await forget();
      const asked = await request();
      await store.save(asked);
      return wait(asked).created;
    },
    load: store.load,
    wait: (join) => void wait(join),
    noteDecided() {
      pending = undefined;
    },
    end,
    forget,
  };
};
