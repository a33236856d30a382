/** What forwards, addresses and templates have in common in their forms, as parts of requests. Pure. */
import {
  type ForwardAllow,
  type PortRange,
  parseSources,
  parseTemplatePorts,
  renderPortRange,
} from '@sidegate/protocol';
import { t } from '../messages.ts';

/** Words with commas between. */
export const parseWords = (text = ''): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** `laptop, tag:support, user:anna`; `undefined` where that cannot be read. */
const parseAllow = (text: string) => {
  const { allow, unclear } = parseSources(text.split(',').map((part) => part.trim()));
  return unclear.length === 0 ? allow : undefined;
};

/** The same as it is typed; nodes by the names that are known. Empty is whoever policy permits. */
export const allowText = (
  allow: ForwardAllow | undefined,
  nodeNames: ReadonlyMap<string, string> = new Map(),
): string =>
  allow === undefined
    ? ''
    : [
        ...allow.nodes.map((id) => nodeNames.get(id) ?? id),
        ...allow.tags.map((tag) => `tag:${tag}`),
        ...allow.users.map((user) => `user:${user}`),
      ].join(', ');

/** `80, 161/udp, 10000-10019`; `undefined` where that cannot be read. */
export const parsePorts = (text: string): PortRange[] | undefined => {
  const ranges = text.split(',').map((part) => parseTemplatePorts(part.trim()));
  if (ranges.includes(undefined)) return undefined;
  return ranges.flatMap((range) => {
    const { protocol, from, count } = range!;
    const both = protocol === 'both' ? (['tcp', 'udp'] as const) : [protocol];
    return both.map((one) => ({ protocol: one, from, to: from + count - 1 }));
  });
};

/** Ports as they are typed. */
export const portsText = (ports: readonly PortRange[] = []): string => ports.map(renderPortRange).join(', ');

const HOUR_MS = 3_600_000;

/** Milliseconds since 1970; `null` is never, `undefined` what it is already. NaN where that cannot be meant. */
const parseExpiry = (input: Record<string, string>, nowMs: number): number | null | undefined => {
  const { expiry = '', expiryAt = '' } = input;
  if (expiry === '') return undefined;
  if (expiry === 'never') return null;
  if (expiry !== 'at') return nowMs + Number(expiry) * HOUR_MS;
  const at = Date.parse(expiryAt);
  return at > nowMs ? at : Number.NaN;
};

/** The fields of `publicationFields`, with `errors` for what cannot be read. */
export const parseCommon = (input: Record<string, string>, errors: Record<string, string>, nowMs: number) => {
  const who = (input.allow ?? '').trim();
  const allow = who === '' ? null : parseAllow(who);
  const expiresAt = parseExpiry(input, nowMs);
  if (allow === undefined) errors.allow = t('form.error-allow');
  if (Number.isNaN(expiresAt)) errors.expiresAt = t('form.error-expiry');
  return {
    label: input.label ?? '',
    note: input.note ?? '',
    allow,
    wake: input.wake === 'yes',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
};

/** Without what a new publication says by leaving it out. */
export const asNew = <C extends ReturnType<typeof parseCommon>>({ allow, wake, expiresAt, ...rest }: C) => ({
  ...rest,
  ...(allow === null || allow === undefined ? {} : { allow }),
  ...(wake ? { wake } : {}),
  ...(expiresAt === null || expiresAt === undefined ? {} : { expiresAt }),
});
