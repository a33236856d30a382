import { css, html, nothing } from 'lit';
import { SgElement } from './sg-element.ts';

/** What a badge says by its colour; the text always says it too. */
export type Tone = 'neutral' | 'ok' | 'warn' | 'error' | 'info';

/** A short state: `<sg-badge tone="ok" dot>Online</sg-badge>`. */
export class SgBadge extends SgElement {
  static override properties = {
    tone: { type: String, reflect: true },
    dot: { type: Boolean, reflect: true },
    plain: { type: Boolean, reflect: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        max-width: 100%;
        padding: 1px 8px;
        font-size: 12.5px;
        line-height: 18px;
        white-space: nowrap;
        color: var(--sg-text);
        background: var(--sg-bg-sunken);
        border: 1px solid var(--sg-border);
        border-radius: 10px;
        vertical-align: middle;
      }
      :host([tone='ok']) {
        --dot: var(--sg-ok-dot);
        color: var(--sg-ok);
        background: var(--sg-ok-soft);
        border-color: color-mix(in srgb, var(--sg-ok) 24%, transparent);
      }
      :host([tone='warn']) {
        --dot: var(--sg-warn-dot);
        color: var(--sg-warn);
        background: var(--sg-warn-soft);
        border-color: color-mix(in srgb, var(--sg-warn) 28%, transparent);
      }
      :host([tone='error']) {
        --dot: var(--sg-error-solid);
        color: var(--sg-error);
        background: var(--sg-error-soft);
        border-color: color-mix(in srgb, var(--sg-error) 28%, transparent);
      }
      :host([tone='info']) {
        --dot: var(--sg-primary);
        color: var(--sg-info);
        background: var(--sg-info-soft);
        border-color: color-mix(in srgb, var(--sg-info) 24%, transparent);
      }
      :host([plain]) {
        padding: 0;
        background: none;
        border: 0;
        font-size: inherit;
      }
      .dot {
        flex: none;
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--dot, var(--sg-control-border));
      }
      slot {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
      }
    `,
  ];
  tone: Tone = 'neutral';
  dot = false;
  plain = false;

  protected override render() {
    return html`${this.dot ? html`<span class="dot"></span>` : nothing}<slot></slot>`;
  }
}
customElements.define('sg-badge', SgBadge);
