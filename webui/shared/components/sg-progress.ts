import { css, html, type PropertyValues } from 'lit';
import { SgElement } from './sg-element.ts';

/** A progress bar; `value` from 0 to 1. */
export class SgProgress extends SgElement {
  static override properties = { value: { type: Number }, label: { type: String } };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
      }
      .track {
        height: 10px;
        overflow: hidden;
        background: var(--sg-bg-sunken);
        border: 1px solid var(--sg-border);
        border-radius: 6px;
      }
      .bar {
        width: 0;
        height: 100%;
        background: var(--sg-primary);
        border-radius: 5px;
        transition: width 0.3s ease-out;
      }
    `,
  ];
  value = 0;
  label = '';

  protected override render() {
    const percent = Math.round(this.value * 100);
    return html`<div
      class="track"
      role="progressbar"
      aria-label=${this.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${percent}
    >
      <div class="bar"></div>
    </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    // Through the CSSOM: a style attribute would need 'unsafe-inline'.
    if (changed.has('value')) {
      this.renderRoot.querySelector<HTMLElement>('.bar')?.style.setProperty('width', `${this.value * 100}%`);
    }
  }
}
customElements.define('sg-progress', SgProgress);
