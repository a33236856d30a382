/**
 * A gateway on a loopback address of its own that answers as it is told to: garbage, too much, nothing, redirects.
 * Real sockets, because what is tested is what a hostile gateway can do to them. For good ones there is miniupnpd.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createScope } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { GATEWAY_PORT } from '../../../port-mapping/nat-pmp.ts';
import type { Sockets } from '../../../ports/index.ts';

/** What it does; a part that is left out is silent. */
export interface FakeGatewayScript {
  /** To a datagram on the port of PCP and NAT-PMP. */
  readonly datagram?: (question: Uint8Array) => readonly Uint8Array[];
  /** To a search: the URL of the description, given the address of the gateway's page. */
  readonly location?: (page: string) => string;
  /** To an HTTP request; the default for an action is `undefined`, which never ends. */
  readonly http?: (request: {
    readonly path: string;
    readonly action: string;
    readonly body: string;
  }) =>
    | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
    | undefined;
}

/** A running one. */
export interface FakeGateway extends AsyncDisposable {
  readonly address: Ip4;
  /** Every HTTP request that came, as `POST /ctl AddPortMapping`. */
  readonly requests: readonly string[];
  /** Every datagram that came to the port mapping port, as hexadecimal. */
  readonly datagrams: readonly string[];
}

const listen = (server: Server, address: Ip4): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, address, () => resolve((server.address() as AddressInfo).port));
  });

/** Starts one on an address out of 127.0.0.0/8 that nobody else has. */
export const startFakeGateway = async (
  sockets: Sockets,
  address: Ip4,
  { datagram, location, http }: FakeGatewayScript,
): Promise<FakeGateway> => {
  const scope = createScope();
  const requests: string[] = [];
  const datagrams: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = /#(\w+)"/.exec(String(request.headers.soapaction ?? ''))?.[1] ?? '';
      requests.push(`${request.method} ${request.url} ${action}`.trim());
      const body = Buffer.concat(chunks).toString();
      const answer = http?.({ path: request.url ?? '', action, body });
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  const port = await listen(server, address);
  scope.add(() => {
    server.closeAllConnections();
    server.close();
  });
  const mapping = scope.add(await sockets.bindUdp({ address, port: GATEWAY_PORT, family: 4 }));
  mapping.onMessage((bytes, from) => {
    datagrams.push(Buffer.from(bytes).toString('hex'));
    for (const answer of datagram?.(bytes) ?? []) mapping.send(answer, from);
  });
  const search = scope.add(await sockets.bindUdp({ address, port: 1900, family: 4 }));
  search.onMessage((_bytes, from) => {
    if (location === undefined) return;
    const url = location(`http://${address}:${port}`);
    search.send(Buffer.from(`HTTP/1.1 200 OK\r\nLOCATION: ${url}\r\n\r\n`), from);
  });
  return { address, requests, datagrams, [Symbol.asyncDispose]: () => scope.end() };
};
