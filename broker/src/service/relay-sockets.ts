/**
 * The WebSockets of nodes whose UDP is blocked: one for each node, and the newest counts. What comes in goes to the
 * beacon under the node's id, what the relay has for it goes out; a reader that is too slow loses packets, as a full
 * link does. Knows neither HTTP nor the beacon.
 */
import { isIp4, isPrivate4, isUnicast4, parseIp } from '@sidegate/kit';
import type { Ip4, NodeId } from '@sidegate/protocol';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Presence } from './presence.ts';

/** Packets that wait longer than this takes to drain are of no use to what is inside the tunnel. */
const BUFFER_LIMIT_BYTES = 256 * 1024;

/** Why a socket is closed by us (RFC 6455 section 7.4.2: 4000 and up are ours). */
export const RELAY_CLOSE = { replaced: 4001, removed: 4003, stopping: 1001 } as const;
type RelayCloseReason = keyof typeof RELAY_CLOSE;

/** The far end of one socket. */
export interface RelaySocketSink {
  send(bytes: Uint8Array): void;
  /** What was sent and has not left this process. */
  bufferedBytes(): number;
  close(reason: RelayCloseReason): void;
}

/** What the relay is told. */
export interface RelayReceiver {
  receive(node: NodeId, bytes: Uint8Array): void;
  /** The node has no WebSocket any more. */
  closed(node: NodeId): void;
}

/** An open socket. */
export interface RelaySocket extends Disposable {
  receive(bytes: Uint8Array): void;
}

/** A proxy that does not say for whom it speaks has a private address itself, as a rule, and many nodes behind it. */
const publicIp4 = (text: string): Ip4 | undefined => {
  const address = parseIp(text);
  const isPublic = address !== undefined && isIp4(address) && isUnicast4(address) && !isPrivate4(address);
  return isPublic ? address : undefined;
};

/** Creates the keeper; nothing is carried before it has a receiver. */
export const createRelaySockets = (network: Network, presence: Presence) => {
  const sinks = new Map<NodeId, { readonly sink: RelaySocketSink; readonly address: Ip4 | undefined }>();
  let receiver: RelayReceiver | undefined;

  network.events.on('node.removed', ({ id }) => sinks.get(id)?.sink.close('removed'));

  return {
    setReceiver(to: RelayReceiver): void {
      receiver = to;
    },

    /** Takes a node's socket into use, in the place of an older one. `address`: where it comes from. */
    open(node: Node, address: string, sink: RelaySocketSink): RelaySocket {
      const { id } = node;
      sinks.get(id)?.sink.close('replaced');
      sinks.set(id, { sink, address: publicIp4(address) });
      presence.seen(node);
      const isCurrent = (): boolean => sinks.get(id)?.sink === sink;
      return {
        receive(bytes) {
          if (isCurrent()) receiver?.receive(id, bytes);
        },
        [Symbol.dispose]() {
          if (!isCurrent()) return;
          sinks.delete(id);
          receiver?.closed(id);
        },
      };
    },

    /** Sends into the node's socket, where there is one that keeps up. */
    send(id: NodeId, bytes: Uint8Array): void {
      const sink = sinks.get(id)?.sink;
      if (sink !== undefined && sink.bufferedBytes() <= BUFFER_LIMIT_BYTES) sink.send(bytes);
    },

    /** The public address that the node's socket comes from: two nodes of one home have the same. Never a candidate. */
    addressOf: (id: NodeId): Ip4 | undefined => sinks.get(id)?.address,

    /** Closes every socket: the broker stops. */
    closeEvery(): void {
      for (const { sink } of [...sinks.values()]) sink.close('stopping');
    },
  };
};
