/** Who calls itself a UPnP device, and its description: fetched from the device that named it and from nowhere else. */
import { type Clock, createLimiter } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { type DeviceDescription, parseDeviceDescription } from '../../../discovery/device-description.ts';
import type { Sockets } from '../../../ports/index.ts';
import { parseHttpBody } from '../../../strangers/http-message.ts';
import { type OwnUrl, parseOwnUrl } from '../../../strangers/own-url.ts';
import { parseSsdpReply, renderSsdpSearch, SSDP_GROUP } from '../../../strangers/ssdp.ts';
import { connectTcp } from '../../../tcp/connect-tcp.ts';
import { exchange } from '../../../tcp/exchange.ts';
import type { DiscoverySink, DiscoverySource } from '../source.ts';
import { askGroup } from './ask-group.ts';

const FETCHES_AT_ONCE = 8;
const FETCHES_PER_HOST = 4;
const FETCHES_IN_ALL = 512;
const TIMEOUT_MS = 1_500;
const DESCRIPTION_BYTES = 48 * 1024;

/** What fetching works with. */
interface FetchContext {
  readonly address: Ip4;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const fetchDescription = async (url: OwnUrl, { address, clock, signal }: FetchContext) => {
  const connection = await connectTcp(address, url.port, { timeoutMs: TIMEOUT_MS, signal });
  if (connection.kind !== 'open') return undefined;
  const reply = await exchange(connection.socket, {
    // 1.0, so that the answer is not cut into chunks.
    request: `GET ${url.path} HTTP/1.0\r\nHost: ${address}:${url.port}\r\nUser-Agent: sidegate\r\nConnection: close\r\n\r\n`,
    limitBytes: DESCRIPTION_BYTES,
    timeoutMs: TIMEOUT_MS,
    isEnough: (heard) => heard.includes('</root>'),
    signal,
    clock,
  });
  const body = parseHttpBody(reply);
  return body === undefined ? undefined : parseDeviceDescription(body);
};

const report = (sink: DiscoverySink, address: Ip4, { name, maker, model, type, page }: DeviceDescription) => {
  const own = page === undefined ? undefined : parseOwnUrl(page, address);
  sink.observe({
    address,
    fields: {
      ...(name === undefined ? {} : { 'upnp-name': name }),
      ...(maker === undefined ? {} : { 'upnp-maker': maker }),
      ...(model === undefined ? {} : { 'upnp-model': model }),
      ...(type === undefined ? {} : { 'upnp-type': type }),
    },
    ...(own === undefined
      ? {}
      : { service: { protocol: 'tcp', port: own.port, name: 'http', scheme: 'http' } }),
  });
};

/** Works on attached networks; multicast goes no further. */
export const createSsdpSource = (deps: {
  readonly sockets: Sockets;
  readonly clock: Clock;
}): DiscoverySource => ({
  name: 'ssdp',
  phase: 'Listening for UPnP devices',
  role: 'find',
  weight: 0.05,
  async scan(scope, sink, signal) {
    const limiter = createLimiter(FETCHES_AT_ONCE);
    const fetched = new Map<Ip4, Set<string>>();
    const fetches: Promise<void>[] = [];
    const describe = async (url: OwnUrl, address: Ip4) => {
      const description = await fetchDescription(url, { address, clock: deps.clock, signal });
      if (description !== undefined) report(sink, address, description);
    };
    const onAnswer = (bytes: Uint8Array, address: Ip4) => {
      const reply = parseSsdpReply(bytes);
      if (reply === undefined) return;
      sink.observe({
        address,
        ...(reply.server === undefined ? {} : { fields: { 'ssdp-server': reply.server } }),
      });
      const url = reply.location === undefined ? undefined : parseOwnUrl(reply.location, address);
      const known = fetched.get(address) ?? new Set();
      fetched.set(address, known);
      const isBounded = known.size < FETCHES_PER_HOST && fetches.length < FETCHES_IN_ALL;
      if (url === undefined || known.has(reply.location!) || !isBounded) return;
      known.add(reply.location!);
      fetches.push(limiter.run(() => describe(url, address)));
    };
    const datagrams = [renderSsdpSearch('upnp:rootdevice'), renderSsdpSearch('ssdp:all')];
    await askGroup(deps, scope, sink, { group: SSDP_GROUP, datagrams, onAnswer }, signal);
    await Promise.all(fetches);
  },
});
