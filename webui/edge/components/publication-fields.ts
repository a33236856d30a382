/** Form fields that forwards, addresses and templates share, so that each is asked for alike. */
import type { Forward } from '@sidegate/protocol';
import { css, html, nothing, type TemplateResult } from 'lit';
import { choices, field, textField } from '../../shared/components/templates.ts';
import { formatAbsolute } from '../../shared/format/format.ts';
import { t } from '../messages.ts';
import { allowText } from './parse-publication-fields.ts';

/** What is wrong with a field of any of these names. */
export type ErrorOf = (...names: string[]) => string | undefined;

/** The moment is asked for only where one was chosen. */
export const publicationFieldStyles = css`
  .moment {
    display: none;
    margin-top: 8px;
  }
  select:has(option[value='at']:checked) + .moment {
    display: block;
  }
`;

/** `[hours, words]` for what ends after a while. */
export const SPANS: readonly (readonly [hours: string, words: string])[] = [
  ...[1, 2, 8].map((n) => [String(n), t('form.expiry-hours', { n })] as const),
  ...[1, 7, 30].map((n) => [String(n * 24), t('form.expiry-days', { n })] as const),
];

const expiryField = (endsAt: number | undefined, error: string | undefined): TemplateResult => {
  const now: (readonly [string, string])[] =
    endsAt === undefined
      ? [['', t('form.expiry-never')]]
      : [
          ['', formatAbsolute(endsAt)],
          ['never', t('form.expiry-never')],
        ];
  return field(
    { name: 'expiry', label: t('form.expiry'), error },
    html`<select id="expiry" name="expiry">
        ${choices([...now, ...SPANS, ['at', t('form.expiry-at')]], '')}
      </select>
      <div class="moment">
        <input type="datetime-local" name="expiryAt" aria-label=${t('form.expiry-moment')} />
      </div>`,
  );
};

/** Who may open it. */
export const allowField = (value: string, error: string | undefined): TemplateResult =>
  textField({
    name: 'allow',
    label: t('form.allow'),
    value,
    hint: t('form.allow-hint'),
    placeholder: 'laptop, tag:support',
    error,
  });

/** What people call it. */
export const labelField = (value: string, error: string | undefined): TemplateResult =>
  textField({
    name: 'label',
    label: t('form.label'),
    maxLength: 80,
    value,
    hint: t('form.label-hint'),
    error,
  });

/** Who may open it, until when, a note, and whether its host is woken: of a publication that is there, or of a new one. */
export const publicationFields = (
  present: Pick<Forward, 'allow' | 'expiresAt' | 'note' | 'wake'> | undefined,
  error: ErrorOf,
  nodeNames?: ReadonlyMap<string, string>,
): TemplateResult =>
  html`${allowField(allowText(present?.allow, nodeNames), error('allow', 'nodes', 'tags', 'users'))}
    ${expiryField(present?.expiresAt, error('expiresAt'))}
    ${textField({ name: 'note', label: t('form.note'), maxLength: 500, value: present?.note ?? '', error: error('note') })}
    <label class="choice">
      <input type="checkbox" name="wake" value="yes" .checked=${present?.wake === true} />${t('form.wake')}
    </label>
    ${error('wake') === undefined ? nothing : html`<p class="cbi-value-error" role="alert">${error('wake')}</p>`}`;
