import { css, html } from 'lit';
import { SgElement } from './sg-element.ts';

/** An on/off switch. Emits `sg-change` when pressed; whoever hosts it changes `on`. */
export class SgSwitch extends SgElement {
  static override properties = {
    label: { type: String },
    text: { type: String },
    on: { type: Boolean },
    disabled: { type: Boolean },
  };
  static override styles = [
    SgElement.styles,
    css`
      button {
        display: inline-flex;
        gap: 8px;
        align-items: center;
        padding: 4px 0;
        font: inherit;
        color: inherit;
        cursor: pointer;
        background: none;
        border: 0;
      }
      button[disabled] {
        opacity: 0.6;
        cursor: progress;
      }
      .track {
        position: relative;
        width: 34px;
        height: 20px;
        background: var(--sg-control-border);
        border-radius: 10px;
        transition: background-color 0.15s;
      }
      .track::after {
        position: absolute;
        top: 3px;
        left: 3px;
        width: 14px;
        height: 14px;
        content: '';
        background: #fff;
        border-radius: 50%;
        transition: translate 0.15s;
      }
      [aria-checked='true'] .track {
        background: var(--sg-primary);
      }
      [aria-checked='true'] .track::after {
        translate: 14px 0;
      }
    `,
  ];
  label = '';
  text = '';
  on = false;
  disabled = false;

  protected override render() {
    return html`<button
      type="button"
      role="switch"
      aria-checked=${this.on}
      aria-label=${this.label}
      ?disabled=${this.disabled}
      @click=${() => this.emit('sg-change')}
    >
      <span class="track"></span><span aria-hidden="true">${this.text}</span>
    </button>`;
  }
}
customElements.define('sg-switch', SgSwitch);
