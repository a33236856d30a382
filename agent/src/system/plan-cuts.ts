/**
 * How conntrack(8) is told which connections to forget. It walks its whole table for everything it is told, so what is
 * open is looked at first, and only what is there is named: a thousand publications without a connection cost one
 * look. Never is more named than a match means, as others may connect in between. Pure.
 */
import type { Connection, ConnectionMatch } from '../ports/index.ts';

const isAmong = (
  { protocol, port, lastPort, destination, source, notFrom }: ConnectionMatch,
  connection: Connection,
): boolean =>
  (protocol === undefined || protocol === connection.protocol) &&
  (port === undefined || (connection.port !== undefined && port <= connection.port)) &&
  (port === undefined || connection.port! <= (lastPort ?? port)) &&
  (destination === undefined || destination === connection.destination) &&
  (source === undefined || source === connection.source) &&
  notFrom?.includes(connection.source) !== true;

/** Can conntrack be told so, in one deletion? */
export const isTellable = ({ lastPort, notFrom }: ConnectionMatch): boolean =>
  lastPort === undefined && notFrom === undefined;

/** Conntrack takes no port without its protocol. */
const portOf = ({ protocol, port }: Connection): ConnectionMatch =>
  ({ protocol, port }) as Required<Pick<ConnectionMatch, 'protocol' | 'port'>>;

/** What conntrack can be told: a range becomes the port, `notFrom` the machine that the connection is of. */
const narrow = (
  { lastPort, notFrom, ...match }: ConnectionMatch,
  connection: Connection,
): ConnectionMatch => ({
  ...match,
  ...(lastPort === undefined ? {} : portOf(connection)),
  ...(notFrom === undefined ? {} : { source: connection.source }),
});

/** One deletion, as arguments. */
export const renderCut = ({ protocol, port, destination, source }: ConnectionMatch): readonly string[] => {
  const option = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)];
  return [
    '-D',
    ...option('-p', protocol),
    ...option('--orig-port-dst', port),
    ...option('--orig-dst', destination),
    ...option('--orig-src', source),
    // Only translated connections: others may well lead to the same port of another machine.
    '--dst-nat',
  ];
};

/** The deletions for those of the `open` connections that any match means. */
export const planCuts = (
  matches: readonly ConnectionMatch[],
  open: readonly Connection[],
): readonly (readonly string[])[] => {
  const cuts = new Map<string, readonly string[]>();
  for (const connection of open) {
    const match = matches.find((one) => isAmong(one, connection));
    if (match === undefined) continue;
    const cut = renderCut(narrow(match, connection));
    cuts.set(cut.join(' '), cut);
  }
  return [...cuts.values()];
};
