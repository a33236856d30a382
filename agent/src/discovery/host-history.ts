/** What happened to a host, and what that means to somebody who was here before. Pure. */
import { type Host, type HostChange, type HostChanges, type HostEvent, LIMITS } from '@sidegate/protocol';

/** The record with what sets it apart from the one before added to its history. */
export const recordHistory = (before: Host | undefined, host: Host, at: number): Host => {
  const what = whatHappened(before, host);
  if (what === undefined) return host;
  const [address] = host.addresses;
  const event: HostEvent = { at, what, ...(address === undefined ? {} : { address }) };
  return { ...host, history: [...(host.history ?? []), event].slice(-LIMITS.eventsPerHost) };
};

const lastAddress = (events: readonly HostEvent[]): HostEvent['address'] =>
  events.findLast(({ address }) => address !== undefined)?.address;

const whatHappened = (before: Host | undefined, host: Host): HostEvent['what'] | undefined => {
  const events = host.history ?? [];
  const [address] = host.addresses;
  const known = lastAddress(events) ?? before?.addresses[0];
  // Hearsay makes a record, but only a device that is there has a history.
  if (events.length === 0 && before?.online !== true) return host.online ? 'found' : undefined;
  if (before !== undefined && before.online !== host.online) return host.online ? 'back' : 'gone';
  return address !== undefined && known !== undefined && address !== known ? 'moved' : undefined;
};

const changeOf = (host: Host, since: number): HostChange | undefined => {
  const events = host.history ?? [];
  const last = events.at(-1);
  if (last === undefined || last.at <= since) return undefined;
  const about = { hostId: host.id, name: host.name, at: last.at };
  const [to] = host.addresses;
  const now = to === undefined ? {} : { to };
  if (host.firstSeenAt > since) return { ...about, what: 'new', ...now };
  // Of one who comes and goes a lot the history may begin too late: then its oldest event has to do.
  const earlier = events.filter(({ at }) => at <= since);
  const before = earlier.length > 0 ? earlier : events.slice(0, 1);
  const wasOnline = before.at(-1)!.what !== 'gone';
  const from = lastAddress(before);
  const then = from === undefined ? {} : { from };
  if (wasOnline && !host.online) return { ...about, what: 'gone', ...then };
  if (to !== undefined && from !== undefined && to !== from)
    return { ...about, what: 'moved', ...then, ...now };
  return !wasOnline && host.online ? { ...about, what: 'back', ...now } : undefined;
};

/** The difference between then and now, newest first: who came and went again in between is not in it. */
export const changesSince = (hosts: readonly Host[], since: number): HostChanges => ({
  since,
  changes: hosts.flatMap((host) => changeOf(host, since) ?? []).sort((one, other) => other.at - one.at),
});
