/**
 * Readable edge ports. A person should see what is behind a port: web pages count up from 8001, encrypted ones from
 * 8401, SSH from 2201, streams from 5541, printers from 9101, remote desktops from 3389 and 5900; all else keeps its own
 * port where it can, or has 10,000 added to it. The first free port is taken, so that the same requests give the same.
 */
import { HIGHEST_PORT } from '../access/permitted-ports.ts';

/** What decides the family of ports. */
export interface TargetService {
  readonly port: number;
  /** Name or scheme of the service, where discovery knows it. */
  readonly name?: string | undefined;
}

interface Family {
  readonly ports: ReadonlySet<number>;
  readonly names: ReadonlySet<string>;
  readonly first: number;
  readonly last: number;
}

const family = (first: number, last: number, ports: readonly number[], names: readonly string[]): Family => ({
  first,
  last,
  ports: new Set(ports),
  names: new Set(names),
});

const FAMILIES: readonly Family[] = [
  family(8401, 8999, [443, 8443, 5001, 9443, 4443], ['https', 'ipps']),
  family(8001, 8400, [80, 81, 88, 3000, 5000, 8000, 8080, 8081, 8123, 8888], ['http', 'upnp']),
  family(2201, 2299, [22, 2222], ['ssh']),
  family(5541, 5599, [554, 8554], ['rtsp']),
  family(3389, 3449, [3389], ['ms-wbt-server']),
  family(5900, 5999, [5900], ['vnc']),
  family(9101, 9199, [9100, 515, 631], ['jetdirect', 'printer', 'ipp']),
];

/** Where numbers without a family go when they are taken. */
const SPARE = { first: 20_001, last: 29_999 } as const;
const FIRST_FREE_PORT = 1024;

function* count(first: number, last: number): Generator<number> {
  for (let port = first; port <= last; port++) yield port;
}

/** Ports in the order in which they are tried. A known name outweighs what the number suggests. */
export function* edgePortCandidates({ port, name }: TargetService): Generator<number> {
  const found =
    FAMILIES.find(({ names }) => names.has(name ?? '')) ?? FAMILIES.find(({ ports }) => ports.has(port));
  if (found !== undefined) yield* count(found.first, found.last);
  else {
    if (port >= FIRST_FREE_PORT) yield port;
    if (port + 10_000 <= HIGHEST_PORT) yield port + 10_000;
  }
  yield* count(SPARE.first, SPARE.last);
}

/** The first candidate that is free; `undefined` where none is. */
export const chooseEdgePort = (
  target: TargetService,
  isTaken: (port: number) => boolean,
): number | undefined => {
  for (const port of edgePortCandidates(target)) if (!isTaken(port)) return port;
  return undefined;
};
