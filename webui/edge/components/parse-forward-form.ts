/** What stands in the form that adds a forward, as a request. Pure. */
import { Ip4, LIMITS, NewForward, Port } from '@sidegate/protocol';
import { is } from 'valibot';
import { validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';

const optionalPort = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));

const parseTarget = (input: Record<string, string>, kind: 'host' | 'address') =>
  kind === 'host' ? { kind, hostId: input.hostId ?? '' } : { kind, address: (input.address ?? '').trim() };

/** `laptop, tag:support, user:anna`; `undefined` where that cannot be read. */
export const parseAllow = (text: string) => {
  const allow = { nodes: [] as string[], tags: [] as string[], users: [] as string[] };
  for (const who of text.split(',').map((part) => part.trim())) {
    const [, kind = 'node', name = ''] = /^(?:(node|tag|user):)?([^:]+)$/.exec(who) ?? [];
    if (name === '') return undefined;
    allow[`${kind as 'node' | 'tag' | 'user'}s`].push(name);
  }
  return allow;
};

/** What stands under "More options", with `errors` for what cannot be read. */
const parseMore = (input: Record<string, string>, errors: Record<string, string>, nowMs: number) => {
  const hours = Number(input.expiryHours ?? '');
  const lastPort = optionalPort(input.lastPort ?? '');
  const portCount = lastPort === undefined ? 1 : lastPort - Number(input.targetPort) + 1;
  const who = (input.allow ?? '').trim();
  const allow = who === '' ? undefined : parseAllow(who);
  if (!(portCount >= 1 && portCount <= LIMITS.portsPerForward)) errors.lastPort = t('form.error-range');
  if (who !== '' && allow === undefined) errors.allow = t('form.error-allow');
  return {
    note: input.note ?? '',
    ...(input.wake === 'yes' ? { wake: true } : {}),
    ...(portCount === 1 ? {} : { portCount }),
    ...(hours > 0 ? { expiresAt: nowMs + hours * 3_600_000 } : {}),
    ...(allow === undefined ? {} : { allow }),
  };
};

/** Form input as a request, or one sentence per field. */
export const parseForwardForm = (input: Record<string, string>, kind: 'host' | 'address', nowMs: number) => {
  const edgePort = optionalPort(input.edgePort ?? '');
  const target = parseTarget(input, kind);
  const errors: Record<string, string> = {};
  if (target.kind === 'host' && target.hostId === '') errors.hostId = t('form.error-host');
  if (target.kind === 'address' && !is(Ip4, target.address)) errors.address = t('form.error-address');
  if (!is(Port, Number(input.targetPort))) errors.targetPort = t('form.error-port');
  if (edgePort !== undefined && !is(Port, edgePort)) errors.edgePort = t('form.error-port');
  const more = parseMore(input, errors, nowMs);
  if (Object.keys(errors).length > 0) return { ok: false, errors } as const;
  return validate(NewForward, {
    protocol: input.protocol,
    target,
    targetPort: Number(input.targetPort),
    label: input.label,
    ...more,
    ...(edgePort === undefined ? {} : { edgePort }),
  });
};
