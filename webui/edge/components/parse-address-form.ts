/** What stands in the form of an address, as a request. Pure. */
import { AddressPatch, type Host, NewAddress } from '@sidegate/protocol';
import { type Validated, validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';
import { asNew, parseCommon, parsePorts } from './parse-publication-fields.ts';

const parseFields = (input: Record<string, string>, nowMs: number) => {
  const errors: Record<string, string> = {};
  const typed = (input.ports ?? '').trim();
  const ports = typed === '' ? null : parsePorts(typed);
  if (ports === undefined) errors.ports = t('address.ports-error');
  const common = parseCommon(input, errors, nowMs);
  return { name: (input.name ?? '').trim(), ports, common, errors };
};

const TEXTS = () => ({ name: t('address.name-error'), ports: t('address.ports-error') });

/** An address for a host, or one sentence per field. */
export const parseNewAddress = (
  input: Record<string, string>,
  hostId: Host['id'],
  nowMs: number,
): Validated<NewAddress> => {
  const { name, ports, common, errors } = parseFields(input, nowMs);
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const request = {
    target: { kind: 'host', hostId },
    ...(name === '' ? {} : { name }),
    ...(ports === null ? {} : { ports }),
    ...asNew(common),
  };
  return validate(NewAddress, request, TEXTS());
};

/** A change of an address, or one sentence per field. */
export const parseAddressPatch = (input: Record<string, string>, nowMs: number): Validated<AddressPatch> => {
  const { name, ports, common, errors } = parseFields(input, nowMs);
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return validate(AddressPatch, { name, ports, ...common }, TEXTS());
};
