/**
 * The log of who opened what is published. The kernel tells of connections as they come and go, so nothing is asked
 * at intervals, and nothing runs while nothing is published. Kept in the runtime area soon after something happened,
 * in the state area rarely, for flash wears out; a quiet hour writes nothing.
 */
import { codeOf, createSingleFlight, describeError } from '@sidegate/kit';
import { AccessEntry, type AccessLog } from '@sidegate/protocol';
import * as v from 'valibot';
import { type AccessBook, createAccessBook } from '../../forwarding/access/access-book.ts';
import { identifyAccess } from '../../forwarding/access/identify-access.ts';
import { selectAccess } from '../../forwarding/access/select-access.ts';
import { OUR_MARK } from '../../forwarding/rules/publication-words.ts';
import type { PluginHost } from '../../plugin-api/index.ts';

const FILE = 'access-log.json';
const SAVE_RUNTIME_MS = 60_000;
const SAVE_STATE_MS = 3_600_000;
const CODE = 'access-log-off';
const WITHOUT_CONNTRACK = 'The program conntrack is missing: nobody notes who opens what is published';

const AccessFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ version: v.literal(1), entries: v.array(AccessEntry) }),
);

/** See the top of this file. */
export interface AccessKeeper {
  load(): Promise<void>;
  /** Begins to follow what is published, and adds the route. */
  start(): void;
  stop(): Promise<void>;
}

/** Nothing is loaded or followed yet. */
export const createAccessKeeper = (host: PluginHost, hasSomething: () => boolean): AccessKeeper => {
  const { clock, facts, health, log, ports, signal } = host;
  const book: AccessBook = createAccessBook((connection) =>
    identifyAccess(connection, {
      forwards: facts.get('forwards') ?? [],
      addresses: facts.get('addresses') ?? [],
      peers: facts.get('network-map')?.peers ?? [],
      hosts: facts.get('hosts') ?? [],
      self: facts.get('network-map')?.self.address4,
    }),
  );
  let following: Disposable | undefined;
  let saveTimer: Disposable | undefined;
  let stateSavedAt = clock.monoMs();
  let isMissing = false;
  /** Something happened that the state area does not know. */
  let hasNews = false;

  const save = async (isLast: boolean) => {
    saveTimer?.[Symbol.dispose]();
    saveTimer = undefined;
    const text = JSON.stringify({ version: 1, entries: book.kept() });
    await ports.files.writeText('runtime', FILE, text);
    if (!isLast && clock.monoMs() - stateSavedAt < SAVE_STATE_MS) return;
    await ports.files.writeText('state', FILE, text);
    hasNews = false;
    stateSavedAt = clock.monoMs();
  };
  const saveSafely = (isLast: boolean) =>
    save(isLast).catch((error: unknown) => log.warn('keep the access log on disk', { error }));
  const noteChange = () => {
    hasNews = true;
    saveTimer ??= clock.after(SAVE_RUNTIME_MS, () => void saveSafely(false));
  };
  const sync = async () => {
    const readMs = clock.wallMs();
    book.sync(await ports.connections.read(OUR_MARK, signal), readMs);
  };
  /** False where nothing on this machine can tell. */
  const catchUp = async (): Promise<boolean> => {
    try {
      await sync();
    } catch (error) {
      if (codeOf(error) === 'COMMAND_NOT_FOUND') return false;
      if (!signal.aborted) log.debug('read the connections', { why: describeError(error) });
    }
    return true;
  };
  const follow = () =>
    ports.connections.watch(OUR_MARK, {
      onBegun(connection) {
        book.begin(connection, clock.wallMs());
        noteChange();
      },
      onEnded(connection) {
        book.end(connection, clock.wallMs());
        noteChange();
      },
      onGap: () => void catchUp(),
    });
  const flight = createSingleFlight(async () => {
    const isWanted = hasSomething() && facts.get('tunnel') !== undefined && !signal.aborted;
    if (isWanted === (following !== undefined) || isMissing) return;
    if (!isWanted) {
      following?.[Symbol.dispose]();
      following = undefined;
      return;
    }
    following = follow();
    // After the watch has begun, so that nothing falls between the two.
    isMissing = !(await catchUp());
    if (!isMissing) return;
    following[Symbol.dispose]();
    following = undefined;
    health.raise({
      code: CODE,
      severity: 'info',
      title: WITHOUT_CONNTRACK,
      hint: '`sidegate doctor` shows how to install it; then restart the agent.',
    });
  });
  const addRoute = () =>
    host.hooks.api.add({
      method: 'GET',
      path: '/access-log',
      summary: 'Who opened what is published, when, and how much went; `?publication=`, `?node=`, `?since=`',
      async handler({ query }): Promise<AccessLog> {
        if (following !== undefined) await catchUp();
        return {
          entries: [...selectAccess(book.list(), query)],
          ...(isMissing ? { notice: WITHOUT_CONNTRACK } : {}),
        };
      },
    });
  return {
    async load() {
      const { files } = ports;
      const text = (await files.readText('runtime', FILE)) ?? (await files.readText('state', FILE));
      const file = v.safeParse(AccessFile, text);
      if (file.success) book.restore(file.output.entries);
      else if (text !== undefined) log.warn('the access log cannot be read; it begins anew');
    },
    start() {
      addRoute();
      for (const fact of ['forwards', 'addresses', 'tunnel'] as const)
        facts.watch(fact, () => void flight.request());
    },
    async stop() {
      following?.[Symbol.dispose]();
      if (hasNews) await saveSafely(true);
      saveTimer?.[Symbol.dispose]();
    },
  };
};
