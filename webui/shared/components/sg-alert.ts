import { css, html, nothing } from 'lit';
import type { ApiError } from '../data/api-error.ts';
import { t } from '../i18n/common.ts';
import type { Tone } from './sg-badge.ts';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';

const ICONS = { neutral: 'info', info: 'info', ok: 'check', warn: 'alert', error: 'error' } as const;

/** A message box in the page, with slots for text and `actions`. With `error` it shows message, hint and code. */
export class SgAlert extends SgElement {
  static override properties = {
    tone: { type: String, reflect: true },
    heading: { type: String },
    error: { attribute: false },
    retry: { type: Boolean },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
        margin-bottom: 16px;
      }
      .box {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        align-items: start;
        padding: 11px 14px;
        color: var(--tone, var(--sg-text));
        background: var(--soft, var(--sg-bg-sunken));
        border: 1px solid color-mix(in srgb, var(--tone, var(--sg-border-strong)) 30%, transparent);
        border-radius: var(--sg-radius-large);
      }
      :host([tone='info']) {
        --tone: var(--sg-info);
        --soft: var(--sg-info-soft);
      }
      :host([tone='ok']) {
        --tone: var(--sg-ok);
        --soft: var(--sg-ok-soft);
      }
      :host([tone='warn']) {
        --tone: var(--sg-warn);
        --soft: var(--sg-warn-soft);
      }
      :host([tone='error']) {
        --tone: var(--sg-error);
        --soft: var(--sg-error-soft);
      }
      sg-icon {
        margin-top: 1px;
      }
      .text {
        flex: 1 1 200px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      strong {
        font-weight: 600;
      }
      .body {
        color: var(--sg-text-strong);
      }
      code {
        display: inline-block;
        margin-top: 3px;
        font-size: 11.5px;
        opacity: 0.9;
      }
    `,
  ];
  tone: Tone = 'info';
  heading = '';
  error: ApiError | undefined;
  /** Offers "Try again", which emits `sg-retry`. */
  retry = false;

  protected override willUpdate(): void {
    if (this.error !== undefined) this.tone = 'error';
  }

  protected override render() {
    const { error } = this;
    const heading = error?.message ?? this.heading;
    return html`<div class="box" role=${this.tone === 'error' ? 'alert' : nothing}>
      <sg-icon name=${ICONS[this.tone]}></sg-icon>
      <div class="text">
        ${heading === '' ? nothing : html`<strong>${heading}</strong>`}
        ${error?.hint === undefined ? nothing : html`<div class="body">${error.hint}</div>`}
        <div class="body"><slot></slot></div>
        ${error === undefined ? nothing : html`<code>${t('error.code', { code: error.code })}</code>`}
      </div>
      <slot name="actions"></slot>
      ${
        this.retry
          ? html`<button type="button" class="btn btn-small" @click=${() => this.emit('sg-retry')}>${t('action.retry')}</button>`
          : nothing
      }
    </div>`;
  }
}
customElements.define('sg-alert', SgAlert);
