/**
 * `sidegate-broker relay list | approve | revoke`: the private relays of an account, from a script. What a node offers
 * is known to the running broker alone, so these are clients of its portal, in an administrator's name.
 */
import { PortalNode } from '@sidegate/protocol';
import * as v from 'valibot';
import type { BrokerConfig } from '../config.ts';
import { BrokerError } from '../errors.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { openPortal } from './open-portal.ts';
import type { PortalClient } from './portal-client.ts';

const NODE_COLUMN = 24;
const STATE_COLUMN = 10;

/** A node that offers to relay, or does. */
interface PrivateRelay {
  readonly node: string;
  readonly isApproved: boolean;
  readonly isOnline: boolean;
  readonly endpoints: readonly string[];
}

const toRelays = ({ name, online, relay }: PortalNode): PrivateRelay[] =>
  relay === undefined
    ? []
    : [{ node: name, isApproved: relay.isApproved, isOnline: online, endpoints: relay.endpoints }];

const renderRelay = ({ node, isApproved, isOnline, endpoints }: PrivateRelay): string => {
  const state = (isApproved ? 'approved' : 'offered').padEnd(STATE_COLUMN);
  return `${node.padEnd(NODE_COLUMN)} ${state} ${endpoints.join(' ')}${isOnline ? '' : '  (offline)'}\n`;
};

const listNodes = async (portal: PortalClient): Promise<PortalNode[]> =>
  v.parse(v.array(PortalNode), await portal.ask('GET', '/nodes'));

/** Returns what to print: who offers to relay, and who was let. */
export const runRelayList = async (
  config: BrokerConfig,
  options: CommandOptions,
  readPassword: () => Promise<string>,
): Promise<string> => {
  await using portal = await openPortal(config, options, readPassword);
  const relays = (await listNodes(portal)).flatMap(toRelays);
  if (options.json === true) return `${JSON.stringify(relays)}\n`;
  if (relays.length === 0)
    return 'No machine offers to relay. On one with a public address, say `sidegate relay on`.\n';
  return relays.map(renderRelay).join('');
};

/** Lets a node relay with the key that it offers now, or no longer; returns what to print. Doing it twice is no error. */
export const runRelayApproval = async (
  config: BrokerConfig,
  options: CommandOptions,
  readPassword: () => Promise<string>,
  isApproved: boolean,
): Promise<string> => {
  const { node: name } = options;
  if (name === undefined)
    throw new UsageError(`Say which machine: relay ${isApproved ? 'approve' : 'revoke'} NODE`);
  await using portal = await openPortal(config, options, readPassword);
  const node = (await listNodes(portal)).find((one) => one.name === name);
  if (node === undefined) {
    throw new BrokerError('NODE_UNKNOWN', `The account has no machine ${String(name)}`, {
      hint: '`sidegate-broker relay list` names those that offer to relay.',
    });
  }
  const changed = v.parse(
    PortalNode,
    await portal.ask('PATCH', `/nodes/${node.id}`, { isRelay: isApproved }),
  );
  const [relay] = toRelays(changed);
  if (options.json === true) return `${JSON.stringify(relay ?? { node: name, isApproved: false })}\n`;
  if (!isApproved) return `${name} relays for the account no longer.\n`;
  return `${name} relays for the account now, at ${relay?.endpoints.join(' ')}.\n`;
};
