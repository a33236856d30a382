import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-dialog.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import type { ApiError } from '../../shared/data/api-error.ts';
import type { Validated } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';
import { type ErrorOf, publicationFieldStyles } from './publication-fields.ts';

/** What a person asked for: `plan` is to see what would come of it. */
export interface FormAnswer<R> {
  readonly how: 'plan' | 'send' | 'send-and-apply';
  readonly request: R;
}

/**
 * A form in a modal that stays, with what was typed, until the server took it. Emits `sg-answer` (a `FormAnswer`) and
 * `sg-close`; whoever opened it sets `busy`, `error` and `plan`.
 */
export abstract class SgFormDialog<R, P> extends SgElement {
  static override properties = {
    plan: { attribute: false },
    error: { attribute: false },
    busy: { type: Boolean },
    errors: { state: true },
  };
  static override styles = [
    SgElement.styles,
    publicationFieldStyles,
    css`
      .plan {
        margin-top: 12px;
      }
      sg-alert {
        margin: 14px 0 0;
      }
    `,
  ];
  plan: P | undefined;
  error: ApiError | undefined;
  busy = false;
  errors: Readonly<Record<string, string>> = {};

  protected abstract words(): { readonly heading: string; readonly submit: string };
  protected abstract parse(input: Record<string, string>): Validated<R>;
  protected abstract renderFields(error: ErrorOf): TemplateResult;
  /** What would come of it; without it nothing can be previewed. */
  protected renderPlan?(plan: P): TemplateResult;
  /** Buttons that a plan brings. */
  protected renderMore(): TemplateResult | typeof nothing {
    return nothing;
  }

  protected override updated(changed: PropertyValues): void {
    const isNews = (['plan', 'error', 'errors'] as const).some((one) => changed.has(one));
    if (!isNews) return;
    // What is new may be below the fold of a phone, and has its size in the next frame.
    requestAnimationFrame(() => {
      const news = this.renderRoot.querySelector('.cbi-value-error, .news, .plan');
      news?.scrollIntoView({ block: 'nearest' });
    });
  }

  protected override render() {
    const ofServer = this.error?.field?.split('.').at(-1);
    const error: ErrorOf = (...names) =>
      names.map((name) => this.errors[name]).find((text) => text !== undefined) ??
      (ofServer !== undefined && names.includes(ofServer) ? this.error?.message : undefined);
    const { heading, submit } = this.words();
    return html`<sg-dialog open heading=${heading} @sg-close=${this.#close}>
      <form id="form" class="stacked" novalidate @submit=${this.#submit} @input=${this.#stale} @change=${this.#stale}>
        ${this.renderFields(error)}
        ${this.error === undefined ? nothing : html`<sg-alert class="news" .error=${this.error}></sg-alert>`}
        ${this.plan === undefined || this.renderPlan === undefined ? nothing : this.renderPlan(this.plan)}
      </form>
      <button slot="actions" type="button" class="btn" @click=${this.#close}>${t('action.cancel')}</button>
      ${
        this.renderPlan === undefined
          ? nothing
          : html`<button slot="actions" type="button" class="btn" ?disabled=${this.busy} @click=${() => this.ask('plan')}>
              ${t('form.preview')}
            </button>`
      }
      ${this.renderMore()}
      <button slot="actions" class="btn btn-primary" form="form" ?disabled=${this.busy}>${submit}</button>
    </sg-dialog>`;
  }

  /** Checks what was typed, and asks for it where it can be meant. */
  protected ask(how: FormAnswer<R>['how']): void {
    const form = this.renderRoot.querySelector('form');
    if (form === null) return;
    const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)] as const);
    const parsed = this.parse(Object.fromEntries(entries));
    this.errors = parsed.ok ? {} : parsed.errors;
    this.plan = undefined;
    if (parsed.ok) this.emit('sg-answer', { how, request: parsed.value });
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    this.ask('send');
  };

  /** A plan is of what was typed before. */
  readonly #stale = (): void => {
    this.plan = undefined;
  };

  readonly #close = (): void => this.emit('sg-close');
}
