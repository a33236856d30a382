import type { ImportPlan, ImportStep } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import type { Tone } from '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import type { ApiError } from '../../shared/data/api-error.ts';
import { t } from '../messages.ts';
import './sg-plan-steps.ts';
import type { PlanStep } from './sg-plan-steps.ts';

/** A file as it was chosen, and what to do with it. */
export interface ChosenFile {
  readonly name: string;
  readonly file: unknown;
  readonly isReplace: boolean;
}

const TONES: Readonly<Record<ImportStep['what'], Tone>> = {
  added: 'ok',
  changed: 'info',
  removed: 'warn',
  unchanged: 'neutral',
  skipped: 'neutral',
  refused: 'error',
};

const toPlanStep = ({ what, noun, title, why }: ImportStep): PlanStep => ({
  tone: TONES[what],
  what: t(`file.${what}`),
  title: t(`file.${noun}`, { title }),
  why,
});

/**
 * Saves all publications as a file and imports one, after showing what that would do. Emits `sg-export`,
 * `sg-plan-import` and `sg-import` (a `ChosenFile`), `sg-cancel-import`.
 */
export class SgPublicationFile extends SgElement {
  static override properties = {
    plan: { attribute: false },
    error: { attribute: false },
    busy: { type: Boolean },
    chosen: { state: true },
    isUnreadable: { state: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      input[type='file'] {
        display: none;
      }
    `,
  ];
  plan: ImportPlan | undefined;
  error: ApiError | undefined;
  busy = false;
  chosen: ChosenFile | undefined;
  isUnreadable = false;

  protected override render() {
    return html`<div class="section-body stack">
      <div class="actions">
        <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.emit('sg-export')}>
          ${t('file.save')}
        </button>
        <button
          type="button"
          class="btn"
          ?disabled=${this.busy}
          @click=${() => this.renderRoot.querySelector('input')?.click()}
        >
          ${t('file.choose')}
        </button>
        <input type="file" accept=".json,application/json" aria-label=${t('file.choose')} @change=${this.#choose} />
      </div>
      ${this.isUnreadable ? html`<sg-alert tone="error" heading=${t('file.unreadable')}>${t('file.unreadable-text')}</sg-alert>` : nothing}
      ${this.error === undefined ? nothing : html`<sg-alert .error=${this.error}></sg-alert>`}
      ${this.plan === undefined || this.chosen === undefined ? nothing : this.#renderPlan(this.plan, this.chosen)}
    </div>`;
  }

  #renderPlan({ steps }: ImportPlan, chosen: ChosenFile) {
    const told = steps.filter(({ what }) => what !== 'unchanged');
    const isRefused = steps.some(({ what }) => what === 'refused');
    const isIdle = told.every(({ what }) => what === 'skipped');
    return html`<h4 tabindex="-1">${t('file.plan', { name: chosen.name })}</h4>
      <sg-plan-steps .steps=${told.map(toPlanStep)}></sg-plan-steps>
      ${told.length === steps.length ? nothing : html`<p class="muted">${t('file.same', { n: steps.length - told.length })}</p>`}
      ${steps.length === 0 ? html`<p class="muted">${t('file.nothing')}</p>` : nothing}
      <label class="choice">
        <input
          type="checkbox"
          .checked=${chosen.isReplace}
          ?disabled=${this.busy}
          @change=${() => this.#plan({ ...chosen, isReplace: !chosen.isReplace })}
        />
        ${t('file.replace')}
      </label>
      <div class="actions">
        <button
          type="button"
          class="btn btn-primary"
          ?disabled=${this.busy || isRefused || isIdle}
          @click=${() => this.emit('sg-import', chosen)}
        >
          ${t('file.apply')}
        </button>
        <button type="button" class="btn" @click=${this.reset}>${t('file.cancel')}</button>
      </div>
      ${isRefused ? html`<p class="muted">${t('file.all-or-nothing')}</p>` : nothing}`;
  }

  /** As before a file was chosen. */
  readonly reset = (): void => {
    this.chosen = undefined;
    this.isUnreadable = false;
    this.emit('sg-cancel-import');
  };

  #plan(chosen: ChosenFile): void {
    this.chosen = chosen;
    this.emit('sg-plan-import', chosen);
  }

  readonly #choose = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const [file] = input.files ?? [];
    if (file === undefined) return;
    this.reset();
    try {
      this.#plan({ name: file.name, file: JSON.parse(await file.text()), isReplace: false });
    } catch {
      this.isUnreadable = true;
    }
    // The same file may be chosen again, once it was mended.
    input.value = '';
  };
}
customElements.define('sg-publication-file', SgPublicationFile);
