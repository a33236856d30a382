import { css, html, nothing } from 'lit';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';

/** The card in the middle of a page without a session: heading, text, the form in the slot, a footer slot. */
export class SgLoginCard extends SgElement {
  static override properties = {
    heading: { type: String },
    text: { type: String },
    wide: { type: Boolean, reflect: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
        max-width: 400px;
        margin: 8vh auto 0;
      }
      :host([wide]) {
        max-width: 640px;
        margin-top: 3vh;
      }
      .card {
        padding: 28px 28px 24px;
        background: var(--sg-bg);
        border: 1px solid var(--sg-border);
        border-radius: 8px;
        box-shadow: 0 4px 18px light-dark(#0001, #0006);
      }
      .mark {
        display: grid;
        place-items: center;
        width: 52px;
        height: 52px;
        margin-bottom: 14px;
        color: var(--sg-info);
        background: var(--sg-info-soft);
        border-radius: 12px;
      }
      h2 {
        font-size: 22px;
        line-height: 28px;
      }
      p {
        margin: 4px 0 20px;
        color: var(--sg-text-muted);
      }
      ::slotted([slot='footer']) {
        display: block;
        margin-top: 16px;
        padding: 0 8px;
        text-align: center;
      }
      @media (max-width: 640px) {
        :host {
          margin-top: 2vh;
        }
        .card {
          padding: 20px 18px;
        }
      }
    `,
  ];
  heading = '';
  text = '';
  wide = false;

  protected override render() {
    return html`<div class="card">
        <div class="mark"><sg-icon name="gate" size="30"></sg-icon></div>
        <h2>${this.heading}</h2>
        ${this.text === '' ? nothing : html`<p>${this.text}</p>`}
        <slot></slot>
      </div>
      <slot name="footer"></slot>`;
  }
}
customElements.define('sg-login-card', SgLoginCard);
