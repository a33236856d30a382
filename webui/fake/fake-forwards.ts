/** The fake edge's forwards: planned as the agent does it, with the refusals that a form has to show. */
import type { Forward, NewForward } from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { makeForward } from './edge-publications.ts';
import { FakeError, need } from './fake-api.ts';

const choosePort = ({ forwards }: EdgeData, wanted: number | undefined, targetPort: number): number => {
  const used = new Set([...forwards.values()].map(({ edgePort }) => edgePort));
  if (wanted !== undefined) {
    if (!used.has(wanted)) return wanted;
    throw new FakeError(
      409,
      'FORWARD_PORT_IN_USE',
      `Port ${wanted} of this edge is taken`,
      'Choose another port, or leave it empty.',
      'edgePort',
    );
  }
  let port = targetPort === 80 ? 8001 : Math.max(2000, targetPort);
  while (used.has(port)) port += 1;
  return port;
};

/** What a request makes, or why not. */
export const planForward = (data: EdgeData, request: NewForward): Forward => {
  const { target, targetPort, protocol } = request;
  const host = target.kind === 'host' ? need(data.hosts.get(target.hostId), 'host') : undefined;
  const address = target.kind === 'address' ? target.address : (host?.addresses[0] ?? '');
  if (!/^(192\.168\.1|10\.20\.0)\./.test(address)) {
    throw new FakeError(
      422,
      'FORWARD_TARGET_OUTSIDE',
      `${address} is in no network of this edge`,
      'Add the network first, under “Networks”.',
      'address',
    );
  }
  const service = host?.services.find(({ port }) => port === targetPort);
  const { note, expiresAt, portCount, allow } = request;
  const made = makeForward({
    edgePort: choosePort(data, request.edgePort, targetPort),
    protocol,
    host,
    address,
    targetPort,
    label: request.label,
    isWeb: service?.scheme === 'http' || [80, 8080].includes(targetPort),
  });
  return {
    ...made,
    note,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(portCount === undefined ? {} : { portCount }),
    ...(allow === undefined ? {} : { allow: { nodes: [], tags: allow.tags, users: [] } }),
  };
};

/** The rules that a forward would add, as `nft` prints them. */
export const renderForward = ({ protocol, edgePort, targetAddress, targetPort }: Forward): string =>
  [
    `add element inet sidegate forwards_${protocol} { ${edgePort} : ${targetAddress} . ${targetPort} }`,
    `add element inet sidegate forwarded_${protocol} { ${targetAddress} . ${targetPort} }`,
  ].join('\n');
