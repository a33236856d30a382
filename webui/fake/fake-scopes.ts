/** The fake edge's networks: added with the questions that the agent asks, scanned by a plan. */
import { NewScope, type Scope, ScopePatch } from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { FakeError, type FakeRequest, fakeId, need, readBody } from './fake-api.ts';

/** What is to be seen from here. */
export const SCOPE_SUGGESTIONS = [
  {
    cidr: '192.168.100.0/24',
    label: 'Modem',
    from: 'modem',
    why: 'Somebody answers at 192.168.100.1, where modems have their page.',
  },
] as const;

/** A public network is somebody's: it takes a word more. */
export const addScope = ({ scopes }: EdgeData, { body }: FakeRequest): Scope => {
  const { cidr, label, interfaceName, senderAddress, isPublicConfirmed } = readBody(NewScope, body);
  const isStray = interfaceName !== undefined;
  const isPrivate = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(cidr);
  if (!isPrivate && isPublicConfirmed !== true) {
    throw new FakeError(
      422,
      'SCOPE_NOT_PRIVATE',
      `${cidr} is not a private network`,
      'Only private ranges are scanned.',
      'cidr',
    );
  }
  const wire = isStray ? { interfaceName, senderAddress } : {};
  const scope = { id: fakeId('c'), cidr, kind: isStray ? 'stray' : 'routed', label, ...wire } as Scope;
  scopes.set(scope.id, scope);
  return scope;
};

/** Renames, or changes the plan; an empty plan is none. */
export const patchScope = ({ scopes }: EdgeData, id: string, body: unknown): Scope => {
  const { label, ...changes } = readBody(ScopePatch, body);
  const { plan: old, ...scope } = need(scopes.get(id), 'scope');
  const entries = Object.entries({ ...old, ...changes }).filter(([, value]) => value != null);
  const plan = entries.length === 0 ? {} : { plan: Object.fromEntries(entries) };
  const next = { ...scope, label: label ?? scope.label, ...plan } as Scope;
  scopes.set(id, next);
  return next;
};
