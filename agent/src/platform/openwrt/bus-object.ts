/**
 * The ubus object `sidegate`: what LuCI and `ubus call` see of the agent. It is the local API carried over another
 * wire, so that every rule holds here too; who may call what is rpcd's business (`sidegate.acl.json`).
 */
import {
  method,
  type Ubus,
  UbusError,
  type UbusInputTable,
  type UbusMethod,
  type UbusObject,
} from 'node-ubus';
import type { RunningAgent } from '../platform.ts';

/** What a handler gives is JSON, and so can be said in blobmsg. */
const asTable = (value: unknown): UbusInputTable => (value ?? {}) as UbusInputTable;

/** ubus has numbers for errors and no words; the words of a refusal are in an answer. */
const refusal = (error: unknown): UbusInputTable => {
  const { body } = error as {
    readonly body?: { readonly code: string; readonly message: string; readonly hint: string };
  };
  if (body === undefined) throw new UbusError('unknown-error', 'ask the agent', { cause: error });
  return { error: { code: body.code, message: body.message, hint: body.hint } };
};

/** Answers by what `ask` gives. */
const answer = async (ask: () => Promise<UbusInputTable>): Promise<UbusInputTable> => ask().catch(refusal);

const methodsOf = ({ ask }: RunningAgent): Readonly<Record<string, UbusMethod>> => {
  const list = (name: string, path: string) =>
    method({}, () => answer(async () => ({ [name]: (await ask('GET', path)) as UbusInputTable[] })));
  return {
    status: method({}, () => answer(async () => asTable(await ask('GET', '/status')))),
    hosts: list('hosts', '/hosts'),
    scans: list('scans', '/scans'),
    publications: method({}, () =>
      answer(async () => ({
        forwards: (await ask('GET', '/forwards')) as UbusInputTable[],
        addresses: (await ask('GET', '/addresses')) as UbusInputTable[],
      })),
    ),
    scan: method({ scope: 'string?' }, ({ scope }) =>
      answer(async () => asTable(await ask('POST', '/scans', scope === undefined ? {} : { scopeId: scope }))),
    ),
    // uhttpd adds the session that LuCI asks with; root at a shell has none.
    login_ticket: method({ ubus_rpc_session: 'string?' }, ({ ubus_rpc_session: systemLogin }) =>
      answer(async () => asTable(await ask('POST', '/login/ticket', { systemLogin }))),
    ),
    up: method({ broker: 'string?', key: 'string?', name: 'string?' }, ({ broker, key, name }) =>
      answer(async () => asTable(await ask('POST', '/up', { brokerUrl: broker, key, name }))),
    ),
    down: method({}, () => answer(async () => asTable(await ask('POST', '/down', {})))),
  };
};

/** Provides the object until it is removed. */
export const provideBusObject = (ubus: Ubus, agent: RunningAgent): Promise<UbusObject> =>
  ubus.addObject({ path: 'sidegate', methods: methodsOf(agent) });
