/** Scopes: those on our interfaces come and go with them, those people added are kept on disk, and so are all plans. */
import { newId } from '@sidegate/kit';
import { type Cidr4, type NewScope, Scope, ScopeId, type ScopePatch, ScopePlan } from '@sidegate/protocol';
import * as v from 'valibot';
import { checkNewScope, findAttachedScopes, type ScanScope } from '../../discovery/scopes.ts';
import { isRouted } from '../../discovery/suggest-scopes.ts';
import { AgentError } from '../../errors.ts';
import type { Files, IfName, Link, Links } from '../../ports/index.ts';

const FILE = 'scopes.json';
const ScopesFile = v.strictObject({
  version: v.literal(1),
  scopes: v.array(Scope),
  /** Of attached scopes, which come back with their interface. */
  plans: v.optional(v.record(ScopeId, ScopePlan), {}),
});
type ScopesFile = v.InferOutput<typeof ScopesFile>;
/** In the runtime area: schedules go on where they were after a restart of the agent, not of the machine. */
const TIMES_FILE = 'scanned.json';
const TimesFile = v.record(ScopeId, v.number());

/** Where networks come from and go to. */
export interface ScopeKeeperDeps {
  readonly links: Links;
  readonly files: Files;
  readonly publish: (scopes: readonly Scope[]) => void;
  readonly tunnelName: () => string | undefined;
  readonly meshPrefix: () => Cidr4 | undefined;
}

const parseFile = <S extends v.GenericSchema>(
  schema: S,
  text: string | undefined,
  fallback: v.InferOutput<S>,
): v.InferOutput<S> => {
  try {
    return v.parse(schema, JSON.parse(text ?? ''));
  } catch {
    return fallback;
  }
};

const planChange = (plan: ScopePlan | undefined, patch: ScopePatch): ScopePlan | undefined => {
  const { label: _label, ...changes } = patch;
  const entries = Object.entries({ ...plan, ...changes }).filter(([, value]) => value != null);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as ScopePlan);
};

const withPlan = <T extends object>(scope: T, plan: ScopePlan | undefined): T =>
  plan === undefined ? scope : { ...scope, plan };

/** See the top of this file. */
export class ScopeKeeper {
  readonly #deps: ScopeKeeperDeps;
  readonly #scannedAt = new Map<ScopeId, number>();
  #attached: readonly ScanScope[] = [];
  #links: readonly Link[] = [];
  #file: ScopesFile = { version: 1, scopes: [], plans: {} };

  constructor(deps: ScopeKeeperDeps) {
    this.#deps = deps;
  }

  async load(signal: AbortSignal): Promise<void> {
    const { files } = this.#deps;
    this.#file = parseFile(ScopesFile, await files.readText('state', FILE), this.#file);
    const times = parseFile(TimesFile, await files.readText('runtime', TIMES_FILE), {});
    for (const [id, at] of Object.entries(times)) this.#scannedAt.set(id as ScopeId, at);
    await this.refresh(signal);
  }

  /** Interfaces may have changed. */
  async refresh(signal: AbortSignal): Promise<void> {
    this.#links = await this.#deps.links.readLinks(signal);
    const attached = findAttachedScopes(this.#links, this.#deps.tunnelName());
    const isSame = JSON.stringify(attached) === JSON.stringify(this.#attached);
    this.#attached = attached;
    if (!isSame || attached.length === 0) this.#publish();
  }

  list(): readonly Scope[] {
    const withTime = (scope: Scope): Scope => {
      const lastScanAt = this.#scannedAt.get(scope.id);
      return lastScanAt === undefined ? scope : { ...scope, lastScanAt };
    };
    const attached = this.#attached.map(({ id, cidr, interfaceName }): Scope => {
      const name = interfaceName === undefined ? {} : { interfaceName };
      const scope: Scope = { id, cidr, kind: 'attached', label: interfaceName ?? '', ...name };
      return withPlan(scope, this.#file.plans[id]);
    });
    return [...attached, ...this.#file.scopes].map(withTime);
  }

  /** The scope as a scan needs it. */
  find(id: ScopeId): ScanScope | undefined {
    const scope = this.list().find((one) => one.id === id);
    if (scope === undefined) return undefined;
    const { cidr, senderAddress, plan } = scope;
    const wire = this.#attached.find((one) => one.id === id) ?? {
      id,
      cidr,
      ...(scope.interfaceName === undefined ? {} : { interfaceName: scope.interfaceName as IfName }),
      ...(senderAddress === undefined ? {} : { senderAddress }),
    };
    return {
      ...wire,
      ...(plan?.packetsPerSec === undefined ? {} : { packetsPerSec: plan.packetsPerSec }),
      ...(plan?.ports === undefined ? {} : { ports: plan.ports }),
    };
  }

  attached(): readonly ScanScope[] {
    return this.#attached.flatMap(({ id }) => this.find(id) ?? []);
  }

  async add(request: NewScope, signal: AbortSignal): Promise<Scope> {
    const cidr = checkNewScope(request, this.list(), this.#deps.meshPrefix());
    const { interfaceName, senderAddress, label, plan } = request;
    const isStray = interfaceName !== undefined && senderAddress !== undefined;
    if (isStray) this.#checkWire(interfaceName);
    else await this.#checkRoute(cidr, signal);
    const scope: Scope = {
      id: newId<ScopeId>('c'),
      cidr,
      kind: isStray ? 'stray' : 'routed',
      label,
      ...(isStray ? { interfaceName, senderAddress } : {}),
    };
    const planned = withPlan(scope, plan);
    await this.#keep({ ...this.#file, scopes: [...this.#file.scopes, planned] });
    return planned;
  }

  async patch(id: ScopeId, patch: ScopePatch): Promise<Scope> {
    const scope = this.list().find((one) => one.id === id);
    if (scope === undefined) throw new AgentError('SCOPE_NOT_FOUND', 'There is no such scope');
    const plan = planChange(scope.plan, patch);
    if (scope.kind === 'attached') {
      if (patch.label !== undefined)
        throw new AgentError('SCOPE_ATTACHED', 'An attached network is called by its interface');
      const { [id]: _old, ...plans } = this.#file.plans;
      await this.#keep({ ...this.#file, plans: plan === undefined ? plans : { ...plans, [id]: plan } });
    } else {
      const { plan: _old, lastScanAt: _time, ...rest } = scope;
      const next = withPlan({ ...rest, label: patch.label ?? rest.label }, plan);
      await this.#keep({
        ...this.#file,
        scopes: this.#file.scopes.map((one) => (one.id === id ? next : one)),
      });
    }
    return this.list().find((one) => one.id === id)!;
  }

  async remove(id: ScopeId): Promise<void> {
    if (this.#attached.some((scope) => scope.id === id)) {
      throw new AgentError('SCOPE_ATTACHED', 'An attached network cannot be removed');
    }
    const scopes = this.#file.scopes.filter((scope) => scope.id !== id);
    if (scopes.length === this.#file.scopes.length) {
      throw new AgentError('SCOPE_NOT_FOUND', 'There is no such scope');
    }
    await this.#keep({ ...this.#file, scopes });
  }

  noteScan(id: ScopeId, at: number): void {
    this.#scannedAt.set(id, at);
    this.#publish();
    // Worth a try only: without it a scheduled scan comes early once.
    void this.#deps.files
      .writeText('runtime', TIMES_FILE, JSON.stringify(Object.fromEntries(this.#scannedAt)))
      .catch(() => {});
  }

  #checkWire(interfaceName: string): void {
    if (this.#links.some(({ name, isUp, isLoopback }) => name === interfaceName && isUp && !isLoopback))
      return;
    throw new AgentError('SCOPE_SENDER_UNFIT', `There is no interface ${interfaceName} that is up`, {
      field: 'interfaceName',
    });
  }

  async #checkRoute(cidr: Cidr4, signal: AbortSignal): Promise<void> {
    if (isRouted(cidr, await this.#deps.links.readRoutes(signal))) return;
    throw new AgentError('SCOPE_UNROUTED', `No route leads to ${cidr}`, { field: 'cidr', details: { cidr } });
  }

  async #keep(file: ScopesFile): Promise<void> {
    await this.#deps.files.writeText('state', FILE, JSON.stringify(file));
    this.#file = file;
    this.#publish();
  }

  #publish(): void {
    this.#deps.publish(this.list());
  }
}
