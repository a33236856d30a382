import { css, html } from 'lit';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';

/** Grey rows in place of a list that is being fetched. Appears late, so that fast answers do not flicker. */
export class SgSkeleton extends SgElement {
  static override properties = { rows: { type: Number } };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: block;
        padding: 6px 16px;
        animation: appear 0.2s 0.15s both;
      }
      div {
        display: grid;
        grid-template-columns: 34px 2fr 3fr 1fr;
        gap: 16px;
        padding: 13px 0;
        border-bottom: 1px solid var(--sg-border-soft);
      }
      div:last-of-type {
        border: 0;
      }
      i {
        height: 12px;
        border-radius: 6px;
        background: linear-gradient(90deg, var(--sg-border-soft) 25%, var(--sg-bg-sunken) 50%, var(--sg-border-soft) 75%);
        background-size: 300% 100%;
        animation: shimmer 1.4s infinite linear;
      }
      @keyframes shimmer {
        from {
          background-position: 100% 0;
        }
        to {
          background-position: 0 0;
        }
      }
      @keyframes appear {
        from {
          opacity: 0;
        }
      }
    `,
  ];
  rows = 5;

  protected override render() {
    return html`<span class="visually-hidden" role="status">${t('app.loading')}</span>${Array.from(
      { length: this.rows },
      () => html`<div aria-hidden="true"><i></i><i></i><i></i><i></i></div>`,
    )}`;
  }
}
customElements.define('sg-skeleton', SgSkeleton);
