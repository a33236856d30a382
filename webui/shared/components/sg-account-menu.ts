import { css, html, nothing } from 'lit';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';

/** Who is logged in, in the top bar: opens to links (slot) and "Log out", which emits `sg-log-out`. */
export class SgAccountMenu extends SgElement {
  static override properties = { name: { type: String }, detail: { type: String }, open: { state: true } };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        position: relative;
        display: block;
      }
      .opener {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        max-width: 180px;
        padding: 8px;
        font: inherit;
        color: #e4e4e4;
        cursor: pointer;
        background: none;
        border: 0;
        border-radius: var(--sg-radius);
      }
      .opener:hover {
        color: #fff;
        background: rgb(255 255 255 / 10%);
      }
      .opener:focus-visible {
        outline-color: #8fd0f5;
      }
      .opener span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .sheet {
        position: absolute;
        right: 0;
        top: calc(100% + 6px);
        min-width: 220px;
        padding: 6px;
        background: var(--sg-bg);
        border: 1px solid var(--sg-border-strong);
        border-radius: var(--sg-radius-large);
        box-shadow: var(--sg-shadow-raised);
      }
      .who {
        padding: 8px 10px 10px;
        margin-bottom: 6px;
        border-bottom: 1px solid var(--sg-border-soft);
        overflow-wrap: anywhere;
      }
      .who strong {
        color: var(--sg-text-strong);
      }
      .btn {
        width: 100%;
        justify-content: flex-start;
      }
      @media (max-width: 820px) {
        .opener span {
          display: none;
        }
      }
    `,
  ];
  name = '';
  detail = '';
  open = false;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('click', this.#outside);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('click', this.#outside);
  }

  protected override render() {
    return html`<div @keydown=${this.#onKey}>
      <button type="button" class="opener" aria-expanded=${this.open} aria-label=${this.name} @click=${this.#toggle}>
        <sg-icon name="user"></sg-icon><span>${this.name}</span><sg-icon name="down" size="14"></sg-icon>
      </button>
      ${
        this.open
          ? html`<div class="sheet">
            <div class="who"><strong>${this.name}</strong><div class="small muted">${this.detail}</div></div>
            <slot></slot>
            <button type="button" class="btn btn-plain" @click=${() => this.emit('sg-log-out')}>
              ${t('action.log-out')}
            </button>
          </div>`
          : nothing
      }
    </div>`;
  }

  readonly #toggle = (): void => {
    this.open = !this.open;
  };

  readonly #outside = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.open = false;
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.open) return;
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>('.opener')?.focus();
  };
}
customElements.define('sg-account-menu', SgAccountMenu);
