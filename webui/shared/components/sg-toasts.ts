import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';
import type { Toast } from './toast.ts';

const STAY_MS = 6000;
const ICONS = { ok: 'check', info: 'info', error: 'error' } as const;

/** The stack of toasts in the corner; `push` adds one. */
export class SgToasts extends SgElement {
  static override properties = { toasts: { state: true } };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        position: fixed;
        z-index: 50;
        right: 16px;
        bottom: 16px;
        left: 16px;
        display: flex;
        flex-direction: column;
        gap: 10px;
        align-items: flex-end;
        pointer-events: none;
      }
      .toast {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 10px;
        width: min(100%, 400px);
        padding: 12px 10px 12px 14px;
        pointer-events: auto;
        background: var(--sg-bg);
        border: 1px solid var(--sg-border);
        border-left: 4px solid var(--sg-primary);
        border-radius: var(--sg-radius-large);
        box-shadow: var(--sg-shadow-raised);
        overflow-wrap: anywhere;
        animation: rise 0.18s ease-out;
      }
      .ok {
        border-left-color: var(--sg-ok-dot);
      }
      .ok > sg-icon {
        color: var(--sg-ok);
      }
      .error {
        border-left-color: var(--sg-error-solid);
      }
      .error > sg-icon {
        color: var(--sg-error);
      }
      .btn {
        min-height: 24px;
        padding: 2px 4px;
      }
      strong {
        font-weight: 600;
        color: var(--sg-text-strong);
      }
      @keyframes rise {
        from {
          opacity: 0;
          translate: 0 8px;
        }
      }
    `,
  ];
  toasts: readonly (Toast & { readonly id: number })[] = [];
  #nextId = 1;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  push(toast: Toast): void {
    const id = this.#nextId++;
    this.toasts = [...this.toasts.slice(-3), { ...toast, id }];
    if (toast.tone === 'error') return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#dismiss(id);
    }, STAY_MS);
    this.#timers.add(timer);
  }

  #dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  protected override render() {
    return html`${repeat(
      this.toasts,
      (toast) => toast.id,
      (toast) => html`<div class="toast ${toast.tone}" role=${toast.tone === 'error' ? 'alert' : 'status'}>
          <sg-icon name=${ICONS[toast.tone]}></sg-icon>
          <div>
            <strong>${toast.text}</strong>
            ${toast.detail === undefined ? nothing : html`<div class="small muted">${toast.detail}</div>`}
            ${
              toast.link === undefined
                ? nothing
                : html`<div><a href=${toast.link.href} target="_blank" rel="noopener noreferrer">${toast.link.label}</a></div>`
            }
          </div>
          <button type="button" class="btn btn-plain" aria-label=${t('toast.dismiss')} @click=${() => this.#dismiss(toast.id)}>
            <sg-icon name="close" size="15"></sg-icon>
          </button>
        </div>`,
    )}`;
  }
}
customElements.define('sg-toasts', SgToasts);
