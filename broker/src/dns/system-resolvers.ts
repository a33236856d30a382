/** The resolvers that this machine itself uses, read again when they may have changed. */
import { Resolver } from 'node:dns';
import { parseEndpoint, parseIp, splitEndpoint, type UdpEndpoint } from '@sidegate/kit';

const DNS_PORT = 53;

const toResolver = (text: string): readonly UdpEndpoint[] => {
  const address = parseIp(text);
  if (address !== undefined) return [{ address, port: DNS_PORT }];
  const endpoint = parseEndpoint(text);
  return endpoint === undefined ? [] : [splitEndpoint(endpoint)];
};

/** In their order. A new `Resolver` reads the system's settings anew. */
export const systemResolvers = (): readonly UdpEndpoint[] => new Resolver().getServers().flatMap(toResolver);
