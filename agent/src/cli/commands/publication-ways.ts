/** Forwards and addresses as commands that do the same to both know them. */
import { Address, AddressPlan, Forward, ForwardPlan } from '@sidegate/protocol';
import type * as v from 'valibot';
import type { ArgumentSpec, CommandContext } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { describeAddressTarget, fetchAddresses, findAddress, WHICH_ADDRESS } from './addresses.ts';
import { findForward } from './find-host.ts';
import { describeForwardTarget, fetchForwards, WHICH_FORWARD } from './forwards.ts';
import { warnIfPending, withAuthor } from './own-path.ts';

/** One of the two ways to publish, as the daemon's API has it. */
export interface Way<T, P> {
  readonly noun: 'forward' | 'address';
  /** The noun in a sentence. */
  readonly one: string;
  readonly argument: ArgumentSpec;
  readonly route: '/forwards' | '/addresses';
  readonly schema: v.GenericSchema<unknown, T>;
  readonly planSchema: v.GenericSchema<unknown, P>;
  planned(plan: P): T;
  /** As a person names it. */
  find(context: CommandContext, text: string): Promise<T>;
  /** Where it is reached. */
  place(one: T): string;
  /** What `remove` does. */
  readonly removal: string;
  /** What is said once it is no more. */
  farewell(one: T): string;
}

/** Ports of this machine. */
export const FORWARDS: Way<Forward, ForwardPlan> = {
  noun: 'forward',
  one: 'a forward',
  removal: 'Take a forward away and cut its connections',
  argument: WHICH_FORWARD,
  route: '/forwards',
  schema: Forward,
  planSchema: ForwardPlan,
  planned: ({ forward }) => forward,
  find: async (context, text) => findForward(await fetchForwards(context), text),
  place: ({ url }) => url,
  farewell: (forward) =>
    `Removed the forward from port ${forward.edgePort} to ${describeForwardTarget(forward)}.`,
};

/** Hosts with addresses of their own. */
export const ADDRESSES: Way<Address, AddressPlan> = {
  noun: 'address',
  one: 'an address',
  removal: 'Take the address of a host away and cut its connections',
  argument: WHICH_ADDRESS,
  route: '/addresses',
  schema: Address,
  planSchema: AddressPlan,
  planned: ({ address }) => address,
  find: async (context, text) => findAddress(await fetchAddresses(context), text),
  place: ({ fqdn }) => fqdn,
  farewell: (address) =>
    `${plain(address.fqdn)} is no more; ${describeAddressTarget(address)} itself is untouched.`,
};

/** Changes it, and says what it is then. */
export const patchPublication = async <T extends Forward | Address, P>(
  context: CommandContext,
  { route, schema, place }: Way<T, P>,
  { id }: T,
  patch: object,
  describe: (after: T) => string,
): Promise<ExitCode> => {
  const path = await withAuthor(context, `${route}/${id}`);
  const after = await context.client.ask('PATCH', path, schema, patch);
  context.json(after);
  context.say(`${plain(place(after))} is ${describe(after)}.`);
  await warnIfPending(context, id);
  return EXIT.ok;
};
