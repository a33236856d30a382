/** The fake edge's scans: one at a time, a find a step. */
import { type Host, NewScan, type Scan } from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { findDevices } from './edge-devices.ts';
import { FakeError, type FakeRequest, fakeId, need, readBody } from './fake-api.ts';

const PHASES = ['ARP sweep', 'Names', 'Services', 'Kinds'] as const;

interface Options {
  readonly data: EdgeData;
  /** Time between two finds. */
  readonly stepMs: number;
  readonly putHost: (host: Host) => void;
  readonly putScan: (scan: Scan) => void;
  readonly onDone: () => void;
}

/** Starts and cancels scans. */
export const createFakeScans = ({ data, stepMs, putHost, putScan, onDone }: Options) => {
  let running: ReturnType<typeof setTimeout> | undefined;

  const step = (scan: Scan, found: readonly Host[], index: number): void => {
    const isLast = index >= found.length;
    const host = found[index];
    if (host !== undefined) {
      const known = [...data.hosts.values()].find(({ mac }) => mac === host.mac);
      putHost(known === undefined ? host : { ...known, online: true, lastSeenAt: Date.now() });
    }
    const progress = Math.min(1, (index + 1) / found.length);
    const phase = PHASES[Math.min(PHASES.length - 1, Math.floor(progress * PHASES.length))] ?? '';
    const next: Scan = isLast
      ? { ...scan, state: 'done', progress: 1, phase: 'done', hostsFound: found.length, endedAt: Date.now() }
      : { ...scan, progress, phase, hostsFound: index + 1 };
    putScan(next);
    if (isLast) onDone();
    else running = setTimeout(() => step(next, found, index + 1), stepMs);
  };

  const start = ({ body }: FakeRequest): Scan => {
    const { scopeId } = readBody(NewScan, body ?? {});
    if ([...data.scans.values()].some(({ state }) => state === 'running')) {
      throw new FakeError(
        409,
        'SCAN_RUNNING',
        'A scan of this network is running',
        'Wait for it, or cancel it.',
      );
    }
    const scopeIds = scopeId === undefined ? [...data.scopes.values()].map(({ id }) => id) : [scopeId];
    const first = need(data.scopes.get(scopeIds[0] ?? ''), 'scope');
    const scan = {
      id: fakeId('s') as Scan['id'],
      scopeIds,
      state: 'running' as const,
      progress: 0,
      phase: PHASES[0],
      hostsFound: 0,
      startedAt: Date.now(),
      notices: [],
    };
    putScan(scan);
    running = setTimeout(() => step(scan, findDevices(first.id, Date.now()), 0), stepMs);
    return scan;
  };

  const cancel = (id: string): undefined => {
    const scan = need(data.scans.get(id), 'scan');
    clearTimeout(running);
    putScan({ ...scan, state: 'cancelled', endedAt: Date.now() });
  };

  return { start, cancel };
};
