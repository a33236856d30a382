/** The fake edge's publications as a file. It knows hosts by hardware address, and refuses ports below 1024. */
import { type Forward, type ImportPlan, type ImportStep, PublicationFile } from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { makeForward } from './edge-publications.ts';
import { FakeError, type FakeRequest, readBody } from './fake-api.ts';

/** All forwards. */
export const exportFile = ({ forwards, hosts, status }: EdgeData): PublicationFile =>
  ({
    format: 'sidegate-publications',
    version: 1,
    edge: status.node?.fqdn,
    exportedAt: Date.now(),
    forwards: [...forwards.values()].map(
      ({ protocol, edgePort, targetPort, target, targetAddress, label, note, enabled }) => ({
        protocol,
        edgePort,
        targetPort,
        target: {
          ...(target.kind === 'host' ? { mac: hosts.get(target.hostId)?.mac } : {}),
          address: targetAddress,
        },
        label,
        note,
        enabled,
      }),
    ),
    addresses: [],
  }) as PublicationFile;

/** Takes a file over, or says what that would do. */
export const importFile = (
  { forwards, hosts }: EdgeData,
  { body, query }: FakeRequest,
  emit: (name: string, data: unknown) => void,
): ImportPlan => {
  const file = readBody(PublicationFile, body);
  const named = new Set<string>();
  const made: Forward[] = [];
  const steps = file.forwards.map((entry): ImportStep => {
    const { target, edgePort = 9000, targetPort, label, protocol } = entry;
    const title = `${edgePort}/${protocol} to ${target.address}:${targetPort}`;
    const old = [...forwards.values()].find((one) => one.edgePort === edgePort);
    if (old !== undefined) named.add(old.id);
    if (edgePort < 1024)
      return {
        noun: 'forward',
        what: 'refused',
        title,
        why: `Port ${edgePort} of the edge is taken by dropbear`,
        code: 'FORWARD_PORT_IN_USE',
      };
    if (old !== undefined && old.label === label && old.targetPort === targetPort)
      return { noun: 'forward', what: 'unchanged', title };
    const host = [...hosts.values()].find(({ mac }) => mac === target.mac);
    const address = target.address ?? '';
    const next = makeForward({ edgePort, protocol, host, address, targetPort, label, isWeb: false });
    made.push(old === undefined ? next : { ...next, id: old.id });
    return { noun: 'forward', title, ...(old ? { what: 'changed', why: 'label' } : { what: 'added' }) };
  });
  const gone = query.get('replace') === '1' ? [...forwards.values()].filter(({ id }) => !named.has(id)) : [];
  const removed = gone.map(
    ({ edgePort, protocol, targetAddress, targetPort }): ImportStep => ({
      noun: 'forward',
      what: 'removed',
      title: `${edgePort}/${protocol} to ${targetAddress}:${targetPort}`,
    }),
  );
  const plan = { isApplied: query.get('dryRun') !== '1', steps: [...steps, ...removed] };
  if (!plan.isApplied) return plan;
  if (steps.some(({ what }) => what === 'refused'))
    throw new FakeError(409, 'IMPORT_REFUSED', 'Refused', 'Nothing was changed.');
  for (const forward of made) {
    forwards.set(forward.id, forward);
    emit('forward.changed', forward);
  }
  for (const { id } of gone) {
    forwards.delete(id);
    emit('forward.removed', { id });
  }
  return plan;
};
