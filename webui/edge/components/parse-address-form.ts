/** What stands in the form that changes an address, as a request. Pure. */
import { type Address, AddressPatch, type PortRange, parseTemplatePorts } from '@sidegate/protocol';
import { validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';
import { parseAllow } from './parse-forward-form.ts';

/** `80, 161/udp, 10000-10019`; `undefined` where that cannot be read. */
const parsePorts = (text: string): PortRange[] | undefined => {
  const ranges = text.split(',').map((part) => parseTemplatePorts(part.trim()));
  if (ranges.includes(undefined)) return undefined;
  return ranges.flatMap((range) => {
    const { protocol, from, count } = range!;
    const both = protocol === 'both' ? (['tcp', 'udp'] as const) : [protocol];
    return both.map((one) => ({ protocol: one, from, to: from + count - 1 }));
  });
};

/** What an address lets through, as it is typed; empty is everything. */
export const portsText = ({ ports = [] }: Address): string =>
  ports
    .map(
      ({ protocol, from, to }) => `${from}${from === to ? '' : `-${to}`}${protocol === 'udp' ? '/udp' : ''}`,
    )
    .join(', ');

/** Who may open it, as it is typed; empty is whoever policy permits. */
export const allowText = ({ allow }: Address): string =>
  allow === undefined
    ? ''
    : [
        ...allow.nodes,
        ...allow.tags.map((tag) => `tag:${tag}`),
        ...allow.users.map((user) => `user:${user}`),
      ].join(', ');

/** Form input as a request, or one sentence per field. */
export const parseAddressForm = (input: Record<string, string>) => {
  const [portsIn, allowIn] = [(input.ports ?? '').trim(), (input.allow ?? '').trim()];
  const ports = portsIn === '' ? null : parsePorts(portsIn);
  const allow = allowIn === '' ? null : parseAllow(allowIn);
  const errors: Record<string, string> = {
    ...(ports === undefined ? { ports: t('address.ports-error') } : {}),
    ...(allow === undefined ? { allow: t('form.error-allow') } : {}),
  };
  if (Object.keys(errors).length > 0) return { ok: false, errors } as const;
  return validate(AddressPatch, {
    name: input.name,
    ports,
    allow,
    label: input.label ?? '',
    wake: input.wake === 'yes',
  });
};
