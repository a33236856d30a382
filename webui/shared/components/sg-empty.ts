import { css, html } from 'lit';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';
import type { IconName } from './sg-icon.ts';

/** What a list says when it has nothing: why, and what to do (slot). */
export class SgEmpty extends SgElement {
  static override properties = { icon: { type: String }, heading: { type: String }, text: { type: String } };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
        padding: 40px 24px;
        text-align: center;
      }
      .disc {
        display: inline-grid;
        place-items: center;
        width: 56px;
        height: 56px;
        margin-bottom: 12px;
        color: var(--sg-text-muted);
        background: var(--sg-bg-sunken);
        border-radius: 50%;
      }
      h3 {
        font-size: 16px;
      }
      p {
        max-width: 52ch;
        margin: 4px auto 16px;
        color: var(--sg-text-muted);
      }
    `,
  ];
  icon: IconName = 'info';
  heading = '';
  text = '';

  protected override render() {
    return html`<div class="disc"><sg-icon name=${this.icon} size="26"></sg-icon></div>
      <h3>${this.heading}</h3>
      <p>${this.text}</p>
      <slot></slot>`;
  }
}
customElements.define('sg-empty', SgEmpty);
