import { css, html, nothing, type PropertyValues } from 'lit';
import { SgElement } from './sg-element.ts';

/** A modal over the native `<dialog>`. Slots: the content, and `actions`. Emits `sg-close` when it was dismissed. */
export class SgDialog extends SgElement {
  static override properties = { open: { type: Boolean, reflect: true }, heading: { type: String } };
  static override styles = [
    SgElement.styles,
    css`
      dialog {
        width: min(520px, calc(100vw - 32px));
        max-height: calc(100dvh - 32px);
        padding: 0;
        overflow: hidden;
        color: var(--sg-text);
        background: var(--sg-bg);
        border: 1px solid var(--sg-border-strong);
        border-radius: 8px;
        box-shadow: var(--sg-shadow-raised);
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      h3 {
        padding: 18px 20px 0;
      }
      /* What is long scrolls between the heading and the buttons. */
      .body {
        flex: 1 1 auto;
        min-height: 0;
        padding: 10px 20px 14px;
        overflow: auto;
      }
      .actions {
        justify-content: flex-end;
        padding: 12px 20px 16px;
        border-top: 1px solid var(--sg-border-soft);
      }
      @media (max-width: 640px) {
        h3,
        .body,
        .actions {
          padding-inline: 16px;
        }
      }
    `,
  ];
  open = false;
  heading = '';

  protected override render() {
    return html`<dialog aria-labelledby="heading" @close=${this.#closed} @cancel=${this.#closed}>
      ${
        this.open
          ? html`<h3 id="heading">${this.heading}</h3>
            <div class="body"><slot></slot></div>
            <div class="actions"><slot name="actions"></slot></div>`
          : nothing
      }
    </dialog>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('open')) return;
    const dialog = this.renderRoot.querySelector('dialog');
    if (this.open && dialog?.open === false) dialog.showModal();
    if (!this.open && dialog?.open === true) dialog.close();
  }

  readonly #closed = (): void => {
    if (!this.open) return;
    this.open = false;
    this.emit('sg-close');
  };
}
customElements.define('sg-dialog', SgDialog);
