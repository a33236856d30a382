/** What stands in the form that adds a forward, as a request. Pure. */
import { Ip4, NewForward, Port } from '@sidegate/protocol';
import { is } from 'valibot';
import { validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';

const optionalPort = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));

const parseTarget = (input: Record<string, string>, kind: 'host' | 'address') =>
  kind === 'host' ? { kind, hostId: input.hostId ?? '' } : { kind, address: (input.address ?? '').trim() };

/** Form input as a request, or one sentence per field. */
export const parseForwardForm = (input: Record<string, string>, kind: 'host' | 'address') => {
  const edgePort = optionalPort(input.edgePort ?? '');
  const target = parseTarget(input, kind);
  const errors: Record<string, string> = {};
  if (target.kind === 'host' && target.hostId === '') errors.hostId = t('form.error-host');
  if (target.kind === 'address' && !is(Ip4, target.address)) errors.address = t('form.error-address');
  if (!is(Port, Number(input.targetPort))) errors.targetPort = t('form.error-port');
  if (edgePort !== undefined && !is(Port, edgePort)) errors.edgePort = t('form.error-port');
  if (Object.keys(errors).length > 0) return { ok: false, errors } as const;
  return validate(NewForward, {
    protocol: input.protocol,
    target,
    targetPort: Number(input.targetPort),
    label: input.label,
    ...(edgePort === undefined ? {} : { edgePort }),
  });
};
