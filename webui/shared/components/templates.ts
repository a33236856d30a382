/** Small templates that every panel uses: headings, rows of details, form fields, states of a live list. */
import { html, nothing, type TemplateResult } from 'lit';
import type { LiveState } from '../data/live.ts';
import { t } from '../i18n/common.ts';
import './sg-alert.ts';
import './sg-copy.ts';
import './sg-skeleton.ts';

type Content = TemplateResult | string | number | typeof nothing;

/** The heading of a page, its description, and actions on the right. */
export const pageHead = (heading: Content, descr: Content, actions: Content = nothing): TemplateResult =>
  html`<div class="page-head">
    <div>
      <h2 tabindex="-1">${heading}</h2>
      ${descr === nothing ? nothing : html`<p class="page-descr">${descr}</p>`}
    </div>
    ${actions === nothing ? nothing : html`<div class="actions">${actions}</div>`}
  </div>`;

/** One row of a `<dl class="details">`; nothing when there is no value. */
export const detail = (label: string, value: Content | undefined): Content =>
  value === undefined || value === '' ? nothing : html`<div><dt>${label}</dt><dd>${value}</dd></div>`;

/** Fixed-width text with a copy button. */
export const copyable = (text: string, what: string): TemplateResult =>
  html`<span class="copyable"><code>${text}</code><sg-copy .value=${text} .what=${what}></sg-copy></span>`;

/** A name or URL that may be broken at its dots and before its port, before it is broken anywhere. */
export const breakable = (text: string): TemplateResult =>
  html`${text.split(/(?<=\.)|(?=:\d)/).map((part) => html`${part}<wbr />`)}`;

/** Skeleton while the first answer is awaited; an error box in place of a list that never came. */
export const whenLoaded = <T>(
  state: LiveState<T>,
  retry: () => void,
  render: (value: T) => Content,
  rows = 5,
): Content => {
  if (state.value !== undefined) {
    if (state.status !== 'failed') return render(state.value);
    return html`<sg-alert .error=${state.error} retry @sg-retry=${retry}></sg-alert>${render(state.value)}`;
  }
  return state.status === 'failed'
    ? html`<sg-alert .error=${state.error} retry @sg-retry=${retry}></sg-alert>`
    : html`<sg-skeleton .rows=${rows}></sg-skeleton>`;
};

/** What every field has. */
interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly wide?: boolean;
}

/** The row of LuCI's forms: title, control, description, error. The control's id is the field's name. */
export const field = (options: FieldOptions, control: Content): TemplateResult => html`<div class="cbi-value">
  <label class="cbi-value-title" for=${options.name}>${options.label}</label>
  <div class="cbi-value-field ${options.wide === true ? 'wide' : ''}">
    ${control}
    ${
      options.hint === undefined
        ? nothing
        : html`<div class="cbi-value-description" id="${options.name}-hint">${options.hint}</div>`
    }
    ${
      options.error === undefined
        ? nothing
        : html`<div class="cbi-value-error" id="${options.name}-error" role="alert">${options.error}</div>`
    }
  </div>
</div>`;

const describedBy = ({ name, hint, error }: FieldOptions): string | typeof nothing =>
  [hint === undefined ? '' : `${name}-hint`, error === undefined ? '' : `${name}-error`]
    .filter(Boolean)
    .join(' ') || nothing;

/** A one-line input. */
export const textField = (
  options: FieldOptions & {
    readonly type?: string;
    readonly value?: string;
    readonly placeholder?: string;
    readonly autocomplete?: string;
    readonly inputmode?: string;
    readonly maxLength?: number;
    readonly required?: boolean;
    readonly list?: TemplateResult;
  },
): TemplateResult =>
  field(
    options,
    html`<input
        id=${options.name}
        name=${options.name}
        type=${options.type ?? 'text'}
        .value=${options.value ?? ''}
        placeholder=${options.placeholder ?? nothing}
        autocomplete=${options.autocomplete ?? 'off'}
        autocapitalize="off"
        spellcheck="false"
        inputmode=${options.inputmode ?? nothing}
        maxlength=${options.maxLength ?? nothing}
        ?required=${options.required ?? false}
        aria-invalid=${options.error === undefined ? nothing : 'true'}
        aria-describedby=${describedBy(options)}
      />`,
  );

/** A choice out of a list of `[value, label]`. */
export const selectField = (
  options: FieldOptions & {
    readonly value: string;
    readonly choices: readonly (readonly [value: string, label: string])[];
  },
): TemplateResult =>
  field(
    options,
    html`<select id=${options.name} name=${options.name} aria-describedby=${describedBy(options)}>
      ${choices(options.choices, options.value)}
    </select>`,
  );

/** The options of a `<select>`. */
export const choices = (
  list: readonly (readonly [value: string, label: string])[],
  selected: string,
): TemplateResult[] =>
  list.map(
    ([value, label]) => html`<option value=${value} ?selected=${value === selected}>${label}</option>`,
  );

/** A search box; `onInput` receives the text as it is typed. */
export const searchBox = (label: string, value: string, onInput: (text: string) => void): TemplateResult =>
  html`<div class="search">
    <sg-icon name="search" size="16"></sg-icon>
    <input
      type="search"
      aria-label=${label}
      placeholder=${label}
      .value=${value}
      @input=${(event: InputEvent) => onInput((event.target as HTMLInputElement).value)}
    />
  </div>`;

/** Reads a submitted form as strings by name, and stops the browser from sending it. */
export const readForm = (event: SubmitEvent): Record<string, string> => {
  event.preventDefault();
  const form = event.currentTarget;
  if (!(form instanceof HTMLFormElement)) return {};
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
};

/** "No rows match" under a table, with the rest of a long list behind a button. */
export const moreButton = (hidden: number, onMore: () => void): Content =>
  hidden <= 0
    ? nothing
    : html`<div class="section-body">
        <button type="button" class="btn btn-small" @click=${onMore}>${t('action.more', { n: hidden })}</button>
      </div>`;
