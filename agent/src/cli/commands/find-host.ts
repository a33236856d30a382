/** From what a person types to the host, forward or scope that is meant. Pure. */
import type { Forward, Host, Scope } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';

const isCalled = (host: Host, text: string): boolean => {
  const typed = text.toLowerCase();
  return [host.id, host.mac, host.name, host.givenName, ...host.addresses].some(
    (each) => each?.toLowerCase() === typed,
  );
};

/** By id, address, MAC or name; exactly one, or a coded error that names the candidates. */
export const findHost = (hosts: readonly Host[], text: string): Host => {
  const found = hosts.filter((host) => isCalled(host, text));
  if (found.length > 1) {
    const names = found.map(({ id, addresses }) => `${addresses[0] ?? ''} ${id}`.trim()).join(', ');
    throw new AgentError('HOST_AMBIGUOUS', `${text} may be any of: ${names}`);
  }
  const [host] = found;
  if (host === undefined) throw new AgentError('HOST_UNKNOWN', `There is no host ${text}`);
  return host;
};

/** By id or edge port. */
export const findForward = (forwards: readonly Forward[], text: string): Forward => {
  const found = forwards.filter(({ id, edgePort }) => id === text || String(edgePort) === text);
  if (found.length > 1) {
    throw new AgentError('FORWARD_UNKNOWN', `Port ${text} stands for several forwards`, {
      hint: `Use an id: ${found.map(({ id, protocol }) => `${id} (${protocol})`).join(', ')}.`,
    });
  }
  const [forward] = found;
  if (forward === undefined) throw new AgentError('FORWARD_UNKNOWN', `There is no forward ${text}`);
  return forward;
};

/** By id, network or label. */
export const findScope = (scopes: readonly Scope[], text: string): Scope => {
  const scope = scopes.find(({ id, cidr, label }) => [id, cidr, label].includes(text));
  if (scope !== undefined) return scope;
  throw new AgentError('SCOPE_UNKNOWN', `There is no scope ${text}`);
};
