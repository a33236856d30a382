/**
 * `table inet sidegate` through `nft -j`. Invariants: every change is one transaction that names no other table; it
 * changes elements alone where that is enough, and else makes everything anew but the counters, which go on counting;
 * a refusal changes nothing.
 */
import { createHash } from 'node:crypto';
import { codeOf, createTurns, type Logger } from '@sidegate/kit';
import * as v from 'valibot';
import { AgentError } from '../errors.ts';
import { isNftPartMissing, MISSING_NFT_PART_HINT } from '../forwarding/rules/missing-nft-part.ts';
import type { ConnectionMatch, Firewall, NftObject, Ruleset, Run } from '../ports/index.ts';
import type { ChangeRecord } from './change-record.ts';
import { type FollowDeps, followForever } from './follow-forever.ts';
import { parseConntrackLine } from './parse-conntrack.ts';
import { isTellable, planCuts, renderCut } from './plan-cuts.ts';
import { planTableChange } from './plan-table-change.ts';
import { planTableReplacement } from './plan-table-replacement.ts';

const TABLE = { family: 'inet', name: 'sidegate' } as const;
const TABLE_WORDS = ['table', TABLE.family, TABLE.name] as const;
/** A ruleset with thousands of map elements takes a slow router a while. */
const APPLY_TIMEOUT_MS = 30_000;

/** What the adapter works with. */
export interface NftFirewallDeps extends FollowDeps {
  readonly run: Run;
  readonly record: ChangeRecord;
  readonly log: Logger;
}

type Counts = Awaited<ReturnType<Firewall['readCounters']>>;

const Listing = v.object({ nftables: v.array(v.record(v.string(), v.unknown())) });
const Counter = v.object({ name: v.string(), packets: v.number(), bytes: v.number() });

const parseListing = (text: string): readonly NftObject[] => {
  try {
    return v.parse(Listing, JSON.parse(text)).nftables;
  } catch {
    return [];
  }
};

const parseCounters = (text: string): Counts => {
  const counters = parseListing(text).flatMap(({ counter }) => (v.is(Counter, counter) ? [counter] : []));
  return new Map(counters.map(({ name, packets, bytes }) => [name, { packets, bytes }]));
};

/** What of a listing changes without anybody changing the table: named counters, and those inside of rules. */
const withoutCounts = (key: string, value: unknown): unknown =>
  key === 'packets' || key === 'bytes' ? 0 : value;

/**
 * Handles are part of it: a table that was made anew by somebody else is another table. Counters are not: they come
 * and go with the elements, which are not in the listing either.
 */
const fingerprintOf = (listing: string): string | undefined => {
  const objects = parseListing(listing).filter((object) => !('metainfo' in object || 'counter' in object));
  if (objects.length === 0) return undefined;
  return createHash('sha256').update(JSON.stringify(objects, withoutCounts)).digest('base64');
};

const continueCounter = (object: NftObject, counts: Counts): NftObject => {
  const { counter } = object;
  if (!v.is(v.object({ name: v.string() }), counter)) return object;
  return { counter: { ...counter, ...counts.get(counter.name) } };
};

const renderTransaction = ({ objects }: Ruleset, counts: Counts): string => {
  // Adding first makes the deletion work where there is no table yet.
  const replace = [{ add: { table: TABLE } }, { delete: { table: TABLE } }];
  const fresh = objects.map((object) => ({ add: continueCounter(object, counts) }));
  return JSON.stringify({ nftables: [...replace, ...fresh] });
};

const asRejected = (cause: unknown): unknown => {
  if (!(cause instanceof AgentError) || cause.code !== 'COMMAND_FAILED') return cause;
  const said = String(cause.details.stderr);
  const why = isNftPartMissing(said) ? `: the kernel may lack a module. ${MISSING_NFT_PART_HINT}` : '';
  return new AgentError('NFT_REJECTED', `nft refused the rules: ${said.split('\n')[0]}${why}`, {
    cause,
    details: { said },
  });
};

/** `{"delete": {"table": {...}}}`, one a line. */
const isOurTableGone = (line: string): boolean =>
  line.includes('"delete"') && line.includes('"table"') && line.includes(`"${TABLE.name}"`);

/** The firewall of machines that have `nft`. */
export const createNftFirewall = ({ run, record, log, ...following }: NftFirewallDeps): Firewall => {
  let applied: { readonly fingerprint: string | undefined; readonly ruleset: Ruleset } | undefined;
  /** Whoever looks while a ruleset goes in would find neither the old table nor the new one. */
  const turns = createTurns();
  const inTurn =
    <A extends unknown[], T>(task: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      turns(() => task(...args));
  const list = async (signal: AbortSignal): Promise<string> => {
    // -t leaves out elements: a thousand forwards cost no more to look at than one.
    const { stdout } = await run('nft', ['-j', '-t', 'list', ...TABLE_WORDS], { signal, okCodes: [1] });
    return stdout;
  };
  const readCounters: Firewall['readCounters'] = async (signal) => {
    const argv = ['-j', 'list', 'counters', ...TABLE_WORDS];
    return parseCounters((await run('nft', argv, { signal, okCodes: [1] })).stdout);
  };
  const transact = (input: string, signal: AbortSignal) =>
    run('nft', ['-j', '-f', '-'], { input, signal, timeoutMs: APPLY_TIMEOUT_MS }).catch((error: unknown) => {
      throw asRejected(error);
    });
  /** False where the table must be replaced, be it because the kernel has other elements than we think. */
  const change = async (ruleset: Ruleset, signal: AbortSignal): Promise<boolean> => {
    const commands = applied && planTableChange(applied.ruleset, ruleset);
    if (commands === undefined || commands.length === 0) return false;
    try {
      await transact(JSON.stringify({ nftables: commands }), signal);
      return true;
    } catch (error) {
      log.debug('change the firewall table in place', { error });
      return false;
    }
  };
  const replace = async (ruleset: Ruleset, signal: AbortSignal): Promise<void> => {
    const commands = planTableReplacement(TABLE, parseListing(await list(signal)), ruleset);
    try {
      if (commands !== undefined)
        return void (await transact(JSON.stringify({ nftables: commands }), signal));
    } catch (error) {
      log.debug('replace the firewall table around its counters', { error });
    }
    await transact(renderTransaction(ruleset, await readCounters(signal)), signal);
  };
  /** One thing that can be told is told; of more, what is there is found out first. */
  const planCut = async (matches: readonly ConnectionMatch[], signal: AbortSignal) => {
    const [first] = matches;
    if (matches.length === 1 && isTellable(first!)) return [renderCut(first!)];
    const { stdout } = await run('conntrack', ['-L', '-f', 'ipv4', '--dst-nat'], { signal });
    return planCuts(
      matches,
      stdout.split('\n').flatMap((line) => parseConntrackLine(line)?.connection ?? []),
    );
  };
  const cut = async (matches: readonly ConnectionMatch[], signal: AbortSignal): Promise<void> => {
    if (matches.length === 0) return;
    const [first, ...more] = await planCut(matches, signal);
    if (first === undefined) return;
    if (more.length === 0) return void (await run('conntrack', first, { signal, okCodes: [1] }));
    const input = [first, ...more].map((argv) => `${argv.join(' ')}\n`).join('');
    await run('conntrack', ['-R', '-'], { input, signal, timeoutMs: APPLY_TIMEOUT_MS });
  };
  return {
    readCounters,
    apply: inTurn(async (ruleset: Ruleset, signal: AbortSignal) => {
      await record.note({ kind: 'nft-table', name: TABLE.name });
      if (applied !== undefined && (await change(ruleset, signal))) {
        applied = { ...applied, ruleset };
        return;
      }
      await replace(ruleset, signal);
      applied = { ruleset, fingerprint: fingerprintOf(await list(signal)) };
    }),
    isPresent: async (signal) => fingerprintOf(await list(signal)) !== undefined,
    isInPlace: inTurn(
      async (signal: AbortSignal) =>
        applied?.fingerprint !== undefined && fingerprintOf(await list(signal)) === applied.fingerprint,
    ),
    async cutConnections(matches, signal) {
      await cut(matches, signal).catch((error: unknown) => {
        if (codeOf(error) !== 'COMMAND_NOT_FOUND') throw error;
        log.debug('the way is closed, but conntrack is not here to forget what was open', {
          path: matches.map(({ destination = '', port = '' }) => `${destination}:${port}`).join(' '),
        });
      });
    },
    watch(onFlush) {
      return followForever({ ...following, log }, 'nft', ['-j', 'monitor', 'destroy', 'tables'], {
        onLine: (line) => {
          if (isOurTableGone(line)) onFlush();
        },
        onRestart: onFlush,
      });
    },
    remove: inTurn(async () => {
      const input = JSON.stringify({ nftables: [{ add: { table: TABLE } }, { delete: { table: TABLE } }] });
      await run('nft', ['-j', '-f', '-'], { input }).catch((error: unknown) => {
        throw asRejected(error);
      });
      applied = undefined;
      await record.forget('nft-table', TABLE.name);
    }),
  };
};
