/** What stands in the form of a template, as a request. Pure. */
import { HostKind, Template } from '@sidegate/protocol';
import { type Validated, validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';
import { parseWords } from './parse-publication-fields.ts';

/** A template, or one sentence per field. Kinds are boxes `kind-camera`. */
export const parseTemplateForm = (
  input: Record<string, string>,
  taken: ReadonlySet<string>,
): Validated<Template> => {
  const hours = Number(input.forHours ?? '');
  const texts = {
    name: t('template.name-error'),
    ports: t('template.ports-error'),
    macPrefixes: t('template.macs-error'),
    allow: t('form.error-allow'),
    '': t('template.ports-missing'),
  };
  const name = (input.name ?? '').trim();
  const parsed = validate(Template, {
    name,
    kinds: HostKind.options.filter((kind) => input[`kind-${kind}`] === 'yes'),
    macPrefixes: parseWords(input.macPrefixes),
    ports: parseWords(input.ports),
    as: input.as,
    auto: input.auto === 'yes',
    allow: parseWords(input.allow),
    ...(hours > 0 ? { forSec: Math.round(hours * 3600) } : {}),
  });
  if (parsed.ok && !taken.has(name)) return parsed;
  const errors: Record<string, string> = {};
  // One of a list is at fault, the field is what people see.
  for (const path of Object.keys(parsed.ok ? {} : parsed.errors)) {
    const field = (path.split('.')[0] ?? '') as keyof typeof texts;
    errors[field === '' ? 'ports' : field] ??= texts[field] ?? t('template.unclear');
  }
  if (taken.has(name)) errors.name = t('template.name-taken', { name });
  return { ok: false, errors };
};
