/**
 * The table that holds what peers may reach: wished for with every map, together with the sharing of WireGuard's port.
 * Until it is in place the first time, an edge lets nobody new in; where the firewall refuses it, it is wished for again.
 */
import type { Clock } from '@sidegate/kit';
import type { NetworkMap } from '@sidegate/protocol';
import type { PluginHost } from '../../../plugin-api/index.ts';
import type { IfName } from '../../../ports/index.ts';
import { renderFirewallWish, renderNames } from '../mesh-wishes.ts';

/** How long after the firewall refused our table we look again. */
const RETRY_MS = 20_000;

export interface PeerGate extends Disposable {
  /** Has the table been in place? */
  isOpen(): boolean;
  /** Wishes for what the map says. */
  wish(
    map: NetworkMap,
    ports: { readonly wireguardPort: number; readonly agentPort: number | undefined },
  ): void;
}

/** Closed. */
export const createPeerGate = (deps: {
  readonly clock: Clock;
  readonly hooks: Pick<PluginHost['hooks'], 'firewall' | 'names'>;
  readonly interfaceName: IfName;
  readonly signal: AbortSignal;
  /** The table is in the kernel, or was refused. */
  readonly onSettled: (isInPlace: boolean) => void;
  /** It is there the first time: what waited for it goes on. */
  readonly onOpen: () => void;
  /** Wish again. */
  readonly onRetry: () => void;
}): PeerGate => {
  const { clock, hooks, interfaceName, signal, onSettled, onOpen, onRetry } = deps;
  let isOpen = false;
  let retry: Disposable | undefined;
  const settle = (isInPlace: boolean): void => {
    if (signal.aborted) return;
    onSettled(isInPlace);
    if (!isInPlace) retry = clock.after(RETRY_MS, onRetry);
    else if (!isOpen) {
      isOpen = true;
      onOpen();
    }
  };
  return {
    isOpen: () => isOpen,
    wish(map, ports) {
      hooks.firewall.replace(renderFirewallWish({ map, interfaceName, ...ports }));
      hooks.names.replace(renderNames(map));
      retry?.[Symbol.dispose]();
      hooks.firewall.settled().then(
        () => settle(true),
        () => settle(false),
      );
    },
    [Symbol.dispose]: () => retry?.[Symbol.dispose](),
  };
};
