/** Keeps `table inet sidegate` what the plugins together wish. */
import type { Clock, Logger } from '@sidegate/kit';
import { revokedConnections } from '../forwarding/access/revoked-connections.ts';
import { type FirewallPlan, mergeWishes, portKey } from '../forwarding/rules/firewall-plan.ts';
import { renderRuleset } from '../forwarding/rules/render-ruleset.ts';
import type { FirewallWish, Health } from '../plugin-api/index.ts';
import type { Firewall } from '../ports/index.ts';
import { createReconcileLoop, type ReconcileLoop } from './reconcile-loop.ts';
import type { SlotTable } from './slot-table.ts';

const RECHECK_MS = 20_000;
const CONFLICT = 'firewall-conflict';

/** What the loop works with. */
export interface FirewallLoopDeps {
  readonly wishes: SlotTable<FirewallWish>;
  readonly firewall: Firewall;
  readonly clock: Clock;
  readonly health: Health;
  readonly log: Logger;
}

/** Forwards and services wished for that the plan has no place for, as `tcp/8001`. */
const lostPorts = (wishes: readonly FirewallWish[], plan: FirewallPlan): readonly string[] => {
  const rules = wishes.flatMap((wish) => wish.forwards ?? []);
  const services = wishes.flatMap((wish) => wish.ownServices ?? []);
  const lost = [
    ...rules
      .filter((rule) => !plan.forwards.includes(rule))
      .map((rule) => portKey(rule.protocol, rule.edgePort)),
    ...services
      .filter((service) => !plan.ownServices.includes(service))
      .map((service) => portKey(service.protocol, service.port)),
  ];
  return [...new Set(lost)];
};

const reportConflicts = (health: Health, ports: readonly string[]) => {
  if (ports.length === 0) return health.clear(CONFLICT);
  health.raise({
    code: CONFLICT,
    severity: 'warning',
    title: `A port is wanted twice: ${ports.join(', ')}`,
    hint: 'Give one of the two another port.',
  });
};

/** Made held; released once the plugins have said what they wish. */
export const createFirewallLoop = ({
  wishes,
  firewall,
  clock,
  health,
  log,
}: FirewallLoopDeps): ReconcileLoop => {
  /** The plan in the kernel, and as text; `undefined` until this process has applied one. */
  let applied: { readonly plan: FirewallPlan; readonly text: string } | undefined;
  const removeTable = async () => {
    // A table that an earlier process left is not ours to remove before we know that we are down (`core.ts` does).
    if (applied === undefined) return;
    await firewall.remove();
    applied = undefined;
  };
  const reconcile = async (signal: AbortSignal) => {
    const all = wishes.all().map(({ value }) => value);
    const plan = mergeWishes(all);
    reportConflicts(health, lostPorts(all, plan));
    if (plan.tunnel === undefined && plan.portSharing === undefined) return await removeTable();
    const text = JSON.stringify(plan);
    if (text === applied?.text) {
      if (await firewall.isInPlace(signal)) return;
      log.info('another program removed our firewall table; putting it back');
    }
    await firewall.apply(renderRuleset(plan, clock.wallMs()), signal);
    const revoked = revokedConnections(applied?.plan, plan);
    applied = { plan, text };
    if (revoked.length === 0) return;
    await firewall
      .cutConnections(revoked, signal)
      .catch((error: unknown) => log.warn('cut what policy permits no longer', { error }));
  };
  const loop = createReconcileLoop(
    {
      name: 'firewall',
      title: 'The firewall rules could not be set: what peers may reach is not held',
      recheckMs: RECHECK_MS,
      reconcile,
    },
    { clock, health, log },
  );
  const watches = [wishes.watch(() => loop.request()), firewall.watch(() => loop.request())];
  return {
    ...loop,
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
};
