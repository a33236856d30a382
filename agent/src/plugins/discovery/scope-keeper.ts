/** Scopes: those on our interfaces come and go with them, those people added are kept on disk. */
import { newId } from '@sidegate/kit';
import { type Cidr4, type NewScope, Scope, type ScopeId } from '@sidegate/protocol';
import * as v from 'valibot';
import { checkNewScope, findAttachedScopes, type ScanScope } from '../../discovery/scopes.ts';
import { AgentError } from '../../errors.ts';
import type { Files, Links } from '../../ports/index.ts';

const FILE = 'scopes.json';
const ScopesFile = v.strictObject({ version: v.literal(1), scopes: v.array(Scope) });

/** Where networks come from and go to. */
export interface ScopeKeeperDeps {
  readonly links: Links;
  readonly files: Files;
  readonly publish: (scopes: readonly Scope[]) => void;
  readonly tunnelName: () => string | undefined;
  readonly meshPrefix: () => Cidr4 | undefined;
}

const parseScopes = (text: string | undefined): readonly Scope[] => {
  try {
    return v.parse(ScopesFile, JSON.parse(text ?? '')).scopes;
  } catch {
    return [];
  }
};

/** See the top of this file. */
export class ScopeKeeper {
  readonly #deps: ScopeKeeperDeps;
  readonly #scannedAt = new Map<ScopeId, number>();
  #attached: readonly ScanScope[] = [];
  #routed: readonly Scope[] = [];

  constructor(deps: ScopeKeeperDeps) {
    this.#deps = deps;
  }

  async load(signal: AbortSignal): Promise<void> {
    this.#routed = parseScopes(await this.#deps.files.readText('state', FILE));
    await this.refresh(signal);
  }

  /** Interfaces may have changed. */
  async refresh(signal: AbortSignal): Promise<void> {
    const links = await this.#deps.links.readLinks(signal);
    const attached = findAttachedScopes(links, this.#deps.tunnelName());
    const isSame = JSON.stringify(attached) === JSON.stringify(this.#attached);
    this.#attached = attached;
    if (!isSame || attached.length === 0) this.#publish();
  }

  list(): readonly Scope[] {
    const withTime = (scope: Scope): Scope => {
      const lastScanAt = this.#scannedAt.get(scope.id);
      return lastScanAt === undefined ? scope : { ...scope, lastScanAt };
    };
    const attached = this.#attached.map(
      ({ id, cidr, interfaceName }): Scope => ({
        id,
        cidr,
        kind: 'attached',
        label: interfaceName ?? '',
        ...(interfaceName === undefined ? {} : { interfaceName }),
      }),
    );
    return [...attached, ...this.#routed].map(withTime);
  }

  /** The scope as a scan needs it. */
  find(id: ScopeId): ScanScope | undefined {
    const routed = this.#routed.find((scope) => scope.id === id);
    return (
      this.#attached.find((scope) => scope.id === id) ?? (routed && { id: routed.id, cidr: routed.cidr })
    );
  }

  attached(): readonly ScanScope[] {
    return this.#attached;
  }

  async add(request: NewScope): Promise<Scope> {
    const cidr = checkNewScope(request, this.list(), this.#deps.meshPrefix());
    const scope: Scope = { id: newId<ScopeId>('c'), cidr, kind: 'routed', label: request.label };
    await this.#keep([...this.#routed, scope]);
    return scope;
  }

  async remove(id: ScopeId): Promise<void> {
    if (this.#attached.some((scope) => scope.id === id)) {
      throw new AgentError('SCOPE_ATTACHED', 'An attached network cannot be removed');
    }
    if (!this.#routed.some((scope) => scope.id === id)) {
      throw new AgentError('SCOPE_NOT_FOUND', 'There is no such scope');
    }
    await this.#keep(this.#routed.filter((scope) => scope.id !== id));
  }

  noteScan(id: ScopeId, at: number): void {
    this.#scannedAt.set(id, at);
    this.#publish();
  }

  async #keep(routed: readonly Scope[]): Promise<void> {
    await this.#deps.files.writeText('state', FILE, JSON.stringify({ version: 1, scopes: routed }));
    this.#routed = routed;
    this.#publish();
  }

  #publish(): void {
    this.#deps.publish(this.list());
  }
}
