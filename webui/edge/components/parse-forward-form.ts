/** What stands in the forms of forwards, as requests. Pure. */
import { ForwardPatch, Ip4, LIMITS, NewForward, Port } from '@sidegate/protocol';
import { is } from 'valibot';
import { type Validated, validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';
import { asNew, parseCommon } from './parse-publication-fields.ts';

const optionalPort = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));

const parseTarget = (input: Record<string, string>, kind: 'host' | 'address') =>
  kind === 'host' ? { kind, hostId: input.hostId ?? '' } : { kind, address: (input.address ?? '').trim() };

const parseCount = (input: Record<string, string>, errors: Record<string, string>) => {
  const lastPort = optionalPort(input.lastPort ?? '');
  const portCount = lastPort === undefined ? 1 : lastPort - Number(input.targetPort) + 1;
  if (!(portCount >= 1 && portCount <= LIMITS.portsPerForward)) errors.lastPort = t('form.error-range');
  return portCount === 1 ? {} : { portCount };
};

/** A new forward, or one sentence per field. */
export const parseForwardForm = (
  input: Record<string, string>,
  kind: 'host' | 'address',
  nowMs: number,
): Validated<NewForward> => {
  const edgePort = optionalPort(input.edgePort ?? '');
  const target = parseTarget(input, kind);
  const errors: Record<string, string> = {};
  if (target.kind === 'host' && target.hostId === '') errors.hostId = t('form.error-host');
  if (target.kind === 'address' && !is(Ip4, target.address)) errors.address = t('form.error-address');
  if (!is(Port, Number(input.targetPort))) errors.targetPort = t('form.error-port');
  if (edgePort !== undefined && !is(Port, edgePort)) errors.edgePort = t('form.error-port');
  const more = { ...asNew(parseCommon(input, errors, nowMs)), ...parseCount(input, errors) };
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return validate(NewForward, {
    protocol: input.protocol,
    target,
    targetPort: Number(input.targetPort),
    ...more,
    ...(edgePort === undefined ? {} : { edgePort }),
  });
};

/** A change of a forward, or one sentence per field. */
export const parseForwardPatch = (input: Record<string, string>, nowMs: number): Validated<ForwardPatch> => {
  const errors: Record<string, string> = {};
  const patch = parseCommon(input, errors, nowMs);
  return Object.keys(errors).length > 0 ? { ok: false, errors } : validate(ForwardPatch, patch);
};
