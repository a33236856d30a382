/**
 * What is asked over the connection: lookups and invocations.
 */

import type { Message } from '../codec/message.ts';
import { decodeTable, encodeTable, type UbusInputTable, type UbusTable } from '../codec/values.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { decodeSignature, type Signature } from '../signature.ts';
import { type CallLimits, type RegistrationHost, resolvePath } from './registration.ts';
import { type Session, throwUnlessOk } from './session.ts';

/** Limits and extras of one call. */
export interface InvokeOptions extends CallLimits {
  /** Every reply, for methods that send several; `invoke` itself returns the first. */
  readonly onData?: (data: UbusTable) => void;
}

/** An object as `lookup` shows it. */
export interface ObjectInfo {
  readonly path: string;
  readonly id: number;
  /** Objects with equal ids have equal methods. */
  readonly typeId: number | undefined;
  readonly methods: Signature;
}

const EMPTY: UbusInputTable = {};

/** See `Ubus.lookup`. */
export const lookupObjects = (
  host: RegistrationHost,
  pattern: string | undefined,
  limits: CallLimits | undefined,
): Promise<ObjectInfo[]> => {
  const what = `look up ${pattern ?? '*'}`;
  return host.limited(what, limits, async (signal) => {
    const found: ObjectInfo[] = [];
    const session = await host.session(signal);
    const answer = await session.request({
      type: MESSAGE_TYPE.lookup,
      attrs: pattern === undefined ? {} : { objPath: pattern },
      signal,
      onData({ objPath, objId, objType, signature }) {
        if (objPath === undefined || objId === undefined) return;
        const methods = (signature && decodeSignature(signature)) ?? {};
        found.push({ path: objPath, id: objId, typeId: objType, methods });
      },
    });
    if (answer.status !== STATUS['not-found']) throwUnlessOk(answer, what);
    return found;
  });
};

interface Call {
  readonly method: string;
  readonly data: Uint8Array;
  readonly onData: ((data: UbusTable) => void) | undefined;
}

const sendInvoke = async (
  session: Session,
  signal: AbortSignal,
  objId: number,
  { method, data, onData }: Call,
): Promise<{ answer: Message; first: UbusTable | undefined }> => {
  let first: UbusTable | undefined;
  const answer = await session.request({
    type: MESSAGE_TYPE.invoke,
    peer: objId,
    attrs: { objId, method, data },
    signal,
    onData(message) {
      const reply = message.data && decodeTable(message.data);
      if (reply === undefined) return;
      first ??= reply;
      onData?.(reply);
    },
  });
  return { answer, first };
};

/** See `Ubus.invoke`. */
export const invokeMethod = (
  host: RegistrationHost,
  target: string | number,
  method: string,
  args: UbusInputTable = EMPTY,
  { onData, ...limits }: InvokeOptions = {},
): Promise<UbusTable> => {
  const what = `call ${target} ${method}`;
  return host.limited(what, limits, async (signal) => {
    const call = { method, data: encodeTable(args), onData };
    const session = await host.session(signal);
    const send = async () => {
      const objId = typeof target === 'number' ? target : await resolvePath(session, signal, target);
      return sendInvoke(session, signal, objId, call);
    };
    let { answer, first } = await send();
    // Not found, and no object named: ubusd itself says so, the method did not run. The service was restarted.
    const isFromUbusd = answer.status === STATUS['not-found'] && answer.objId === undefined;
    if (isFromUbusd && typeof target === 'string') {
      session.ids.delete(target);
      ({ answer, first } = await send());
    }
    throwUnlessOk(answer, what);
    return first ?? {};
  });
};

/** See `Ubus.invokeNoReply`. */
export const invokeWithoutReply = (
  host: RegistrationHost,
  target: string | number,
  method: string,
  args: UbusInputTable = EMPTY,
  limits?: CallLimits,
): Promise<void> =>
  host.limited(`call ${target} ${method}`, limits, async (signal) => {
    const data = encodeTable(args);
    const session = await host.session(signal);
    // Nobody will tell us that a remembered id is stale, so it is asked for anew.
    if (typeof target === 'string') session.ids.delete(target);
    const objId = typeof target === 'number' ? target : await resolvePath(session, signal, target);
    const seq = session.requests.skip();
    session.send({ type: MESSAGE_TYPE.invoke, seq, peer: objId, objId, method, noReply: true, data });
  });
