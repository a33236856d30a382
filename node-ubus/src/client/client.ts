/**
 * The client: everything a program does on the bus. One connection that is opened again when it breaks; objects,
 * subscriptions and listeners are put back then; calls that were under way fail with `connection-failed` and are
 * not repeated, since they may have been carried out.
 */
import type { UbusInputTable, UbusTable } from '../codec/values.ts';
import { SYSTEM_OBJECT } from '../protocol.ts';
import {
  type InvokeOptions,
  invokeMethod,
  invokeWithoutReply,
  lookupObjects,
  type ObjectInfo,
} from './calls.ts';
import { createKeeper, type UbusOptions, type UbusState } from './keeper.ts';
import { createObject, type ObjectDefinition, type UbusObject } from './object.ts';
import type { CallLimits } from './registration.ts';
import type { Answer } from './serve.ts';
import {
  createListener,
  createSubscription,
  type Notification,
  type SubscribeOptions,
  type Subscription,
} from './subscription.ts';

/** The connection to the bus. */
export interface Ubus extends AsyncDisposable {
  readonly state: UbusState;
  /** Our id at ubusd; undefined while not connected. */
  readonly clientId: number | undefined;
  /** Resolves once connected, everything put back. */
  ready(limits?: CallLimits): Promise<void>;
  /** Objects at `pattern`: a path, a prefix ending in `*`, or all. None is an empty list, not an error. */
  lookup(pattern?: string, limits?: CallLimits): Promise<ObjectInfo[]>;
  /** Calls a method of an object, by path or id. Resolves to the reply, `{}` if there was none. */
  invoke<T extends UbusTable = UbusTable>(
    target: string | number,
    method: string,
    args?: UbusInputTable,
    options?: InvokeOptions,
  ): Promise<T>;
  /** Calls without waiting for the answer; resolves once sent. Rejects if there is no such object. */
  invokeNoReply(
    target: string | number,
    method: string,
    args?: UbusInputTable,
    limits?: CallLimits,
  ): Promise<void>;
  /** Provides an object. Rejects with `invalid-argument` if the path is taken or not ours to publish. */
  addObject(definition: ObjectDefinition, limits?: CallLimits): Promise<UbusObject>;
  /** Notifications of another client's object. What `onNotify` returns answers those that ask for it. */
  subscribe(
    path: string,
    onNotify: (notification: Notification) => Answer | Promise<Answer>,
    options?: SubscribeOptions & CallLimits,
  ): Promise<Subscription>;
  /** Events by id, or by prefix ending in `*`. ubusd does not send us our own. */
  listen(
    pattern: string,
    onEvent: (id: string, data: UbusTable) => void,
    limits?: CallLimits,
  ): Promise<Subscription>;
  /** Sends an event. */
  sendEvent(id: string, data?: UbusInputTable, limits?: CallLimits): Promise<void>;
  /** Lets calls being served finish for up to `graceMs` (1 s), then disconnects. Idempotent. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Opens the client; it connects in the background, and calls wait for that. */
export const connectUbus = (options: UbusOptions = {}): Ubus => {
  const keeper = createKeeper(options);
  const { host } = keeper;
  const close = ({ graceMs = 1_000 }: { readonly graceMs?: number } = {}) => keeper.close(graceMs);
  return {
    get state() {
      return keeper.state;
    },
    get clientId() {
      return keeper.session?.clientId;
    },
    ready: (limits) => host.limited('connect to ubusd', limits, (signal) => keeper.connected(signal)),
    lookup: (pattern, limits) => lookupObjects(host, pattern, limits),
    invoke: async <T extends UbusTable>(
      target: string | number,
      method: string,
      args?: UbusInputTable,
      invokeOptions?: InvokeOptions,
    ) => (await invokeMethod(host, target, method, args, invokeOptions)) as T,
    invokeNoReply: (target, method, args, limits) => invokeWithoutReply(host, target, method, args, limits),
    async addObject(definition, limits) {
      const { object, registration } = createObject(definition, host);
      await keeper.attach(registration, limits);
      return object;
    },
    async subscribe(path, onNotify, subscribeOptions = {}) {
      const { subscription, registration } = createSubscription(path, onNotify, subscribeOptions, host);
      await keeper.attach(registration, subscribeOptions);
      return subscription;
    },
    async listen(pattern, onEvent, limits) {
      const { subscription, registration } = createListener(pattern, onEvent, host);
      await keeper.attach(registration, limits);
      return subscription;
    },
    async sendEvent(id, data = {}, limits) {
      await invokeMethod(host, SYSTEM_OBJECT.event, 'send', { id, data }, limits);
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
};
