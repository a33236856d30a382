/** Who answers a WS-Discovery probe: ONVIF cameras, Windows computers, printers and scanners. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { isKnownPort } from '../../../discovery/service-names.ts';
import {
  parseWsMatch,
  renderWsProbe,
  WS_DISCOVERY_GROUP,
  type WsMatch,
} from '../../../discovery/ws-discovery.ts';
import type { Sockets } from '../../../ports/index.ts';
import { parseOwnUrl } from '../../../strangers/own-url.ts';
import type { DiscoverySink, DiscoverySource } from '../source.ts';
import { askGroup } from './ask-group.ts';

const CAMERA_TYPES = /^NetworkVideo/;

const report = (sink: DiscoverySink, address: Ip4, { types, name, model, urls }: WsMatch) => {
  const [type] = [...types].sort((one, other) => Number(other !== 'Device') - Number(one !== 'Device'));
  sink.observe({
    address,
    fields: {
      ...(type === undefined ? {} : { 'wsd-type': type }),
      ...(name === undefined ? {} : { 'onvif-name': name }),
      ...(model === undefined ? {} : { 'onvif-model': model }),
    },
  });
  if (!types.some((one) => CAMERA_TYPES.test(one))) return;
  for (const url of urls) {
    const own = parseOwnUrl(url, address);
    // Known ports are asked what they speak; others would not be found at all.
    if (own === undefined || isKnownPort(own.port)) continue;
    sink.observe({ address, service: { protocol: 'tcp', port: own.port, name: 'onvif' } });
  }
};

/** Works on attached networks; multicast goes no further. */
export const createWsDiscoverySource = (deps: {
  readonly sockets: Sockets;
  readonly clock: Clock;
}): DiscoverySource => ({
  name: 'ws-discovery',
  phase: 'Listening for cameras',
  role: 'find',
  weight: 0.05,
  async scan(scope, sink, signal) {
    const ids = { all: `urn:uuid:${randomUUID()}`, cameras: `urn:uuid:${randomUUID()}` };
    const asked = new Set(Object.values(ids));
    const onAnswer = (bytes: Uint8Array, address: Ip4) => {
      const match = parseWsMatch(bytes);
      if (match !== undefined && asked.has(match.relatesTo)) report(sink, address, match);
    };
    const datagrams = [renderWsProbe(ids.all, 'all'), renderWsProbe(ids.cameras, 'cameras')];
    await askGroup(deps, scope, sink, { group: WS_DISCOVERY_GROUP, datagrams, onAnswer }, signal);
  },
});
