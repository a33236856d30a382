/**
 * Joining a network at the first boot, with nobody at the router: by the section `enrol` of UCI, or by the file
 * `/etc/sidegate/enrol` of an image. Invariants: a router that has an identity keeps it; the key is taken away as soon
 * as it is of no more use, and not before, so that a power cut in between costs nothing.
 */
import { createBackoff, describeError, type Logger } from '@sidegate/kit';
import * as v from 'valibot';
import type { Files } from '../../ports/index.ts';
import type { UciPackage } from '../../system/uci.ts';
import type { RunningAgent } from '../platform.ts';

const FILE = 'enrol';
const RETRY = { firstMs: 2_000, maxMs: 300_000 } as const;
const WARNING = 'enrolment-unattended';

/** What to join with, as the operator wrote it; the agent checks it. */
export interface EnrolOrder {
  readonly broker?: string;
  readonly key: string;
  readonly name?: string;
  readonly role?: string;
}

const Text = v.pipe(v.string(), v.trim(), v.minLength(1));
const Order = v.object({
  broker: v.optional(Text),
  key: Text,
  name: v.optional(Text),
  role: v.optional(Text),
});
const UciSections = v.record(v.string(), v.record(v.string(), v.unknown()));

/** An order in UCI, with the name of its section. */
export const findUciOrder = (
  values: unknown,
): { readonly section: string; readonly order: EnrolOrder } | undefined => {
  const sections = v.safeParse(UciSections, values);
  if (!sections.success) return undefined;
  for (const [section, options] of Object.entries(sections.output)) {
    const order = options['.type'] === 'enrol' ? v.safeParse(Order, options) : undefined;
    if (order?.success === true) return { section, order: order.output as EnrolOrder };
  }
  return undefined;
};

/** The file: a word and its value on each line, `#` before a remark. */
export const parseEnrolFile = (text: string | undefined): EnrolOrder | undefined => {
  const lines = (text ?? '').split('\n').map((line) => /^\s*([a-z]+)\s+(\S.*?)\s*$/.exec(line));
  const words = lines.flatMap((match) => (match === null ? [] : [[match[1]!, match[2]!] as const]));
  const order = v.safeParse(Order, Object.fromEntries(words));
  return order.success ? (order.output as EnrolOrder) : undefined;
};

/** What it works with. */
export interface UnattendedDeps {
  readonly agent: RunningAgent;
  readonly uci: UciPackage;
  readonly files: Files;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Found {
  readonly order: EnrolOrder;
  /** Takes the key away from where it was. */
  forget(): Promise<void>;
}

const findOrder = async ({ uci, files }: UnattendedDeps): Promise<Found | undefined> => {
  const inUci = findUciOrder(await uci.read().catch(() => undefined));
  if (inUci !== undefined)
    return { order: inUci.order, forget: () => uci.removeOption(inUci.section, 'key') };
  const inFile = parseEnrolFile(await files.readText('config', FILE));
  return inFile && { order: inFile, forget: () => files.remove('config', FILE) };
};

const isEnrolled = async ({ agent }: UnattendedDeps): Promise<boolean> => {
  const status = (await agent.ask('GET', '/status')) as {
    readonly state?: unknown;
    readonly broker?: unknown;
  };
  return status.state !== 'not-enrolled';
};

const tryOnce = async (deps: UnattendedDeps): Promise<'done' | 'again'> => {
  const found = await findOrder(deps);
  if (found === undefined) return 'done';
  if (!(await isEnrolled(deps))) {
    const { broker, key, name, role } = found.order;
    await deps.agent.ask('POST', '/up', { brokerUrl: broker, key, name, role });
  }
  await found.forget();
  deps.log.info('this router has joined; its enrolment key is taken away');
  return 'done';
};

/** Tries until it has joined or there is no key any more. Never rejects. */
export const enrolUnattended = async (deps: UnattendedDeps): Promise<void> => {
  const { agent, log, signal } = deps;
  const backoff = createBackoff(RETRY);
  while (!signal.aborted) {
    const outcome = await tryOnce(deps).catch((error: unknown) => {
      if (signal.aborted) return 'done' as const;
      log.warn('join the network unattended', { why: describeError(error) });
      agent.health.raise({
        code: WARNING,
        severity: 'warning',
        title: 'This router could not join its network by itself',
        hint: `${describeError(error)}. It tries again; correct the broker or the key where they are wrong.`,
      });
      return 'again' as const;
    });
    if (outcome === 'done') return agent.health.clear(WARNING);
    await agent.clock.sleep(backoff.nextMs(), signal).catch(() => undefined);
  }
};
