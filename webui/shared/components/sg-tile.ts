import { css, html, nothing } from 'lit';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';
import type { IconName } from './sg-icon.ts';

/** A figure with a name, a link where `href` is set. */
export class SgTile extends SgElement {
  static override properties = {
    label: { type: String },
    value: { type: String },
    note: { type: String },
    icon: { type: String },
    href: { type: String },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
      }
      a,
      .tile {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 12px;
        align-items: center;
        height: 100%;
        padding: 12px 14px;
        color: inherit;
        background: var(--sg-bg);
        border: 1px solid var(--sg-border);
        border-radius: var(--sg-radius-large);
        box-shadow: var(--sg-shadow);
      }
      a:hover {
        color: inherit;
        text-decoration: none;
        border-color: var(--sg-primary);
      }
      sg-icon {
        padding: 8px;
        color: var(--sg-info);
        background: var(--sg-info-soft);
        border-radius: 50%;
      }
      .value {
        font-size: 20px;
        line-height: 24px;
        font-weight: 600;
        color: var(--sg-text-strong);
        overflow-wrap: anywhere;
      }
    `,
  ];
  label = '';
  value = '';
  note = '';
  icon: IconName = 'info';
  href: string | undefined;

  protected override render() {
    const content = html`<sg-icon name=${this.icon} size="20"></sg-icon>
      <div>
        <div class="value">${this.value}</div>
        <div class="small muted">${this.label}</div>
        ${this.note === '' ? nothing : html`<div class="small muted">${this.note}</div>`}
      </div>`;
    return this.href === undefined
      ? html`<div class="tile">${content}</div>`
      : html`<a href=${this.href}>${content}</a>`;
  }
}
customElements.define('sg-tile', SgTile);
