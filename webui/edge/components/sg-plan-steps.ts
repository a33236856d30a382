import { css, html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import type { Tone } from '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';

/** One thing that would be done, or not, and why. */
export interface PlanStep {
  readonly tone: Tone;
  readonly what: string;
  readonly title: string;
  readonly why?: string | undefined;
}

/** A plan as a list. */
export class SgPlanSteps extends SgElement {
  static override properties = { steps: { attribute: false } };
  static override styles = [
    SgElement.styles,
    css`
      ul {
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 4px 10px;
        align-items: baseline;
        padding: 6px 0;
        overflow-wrap: anywhere;
        border-top: 1px solid var(--sg-border-soft);
      }
      li:first-child {
        border-top: 0;
      }
    `,
  ];
  steps: readonly PlanStep[] = [];

  protected override render() {
    return html`<ul>
      ${this.steps.map(
        ({ tone, what, title, why }) => html`<li>
          <sg-badge tone=${tone}>${what}</sg-badge>
          <div>${title} ${why === undefined ? nothing : html`<span class="muted">${why}</span>`}</div>
        </li>`,
      )}
    </ul>`;
  }
}
customElements.define('sg-plan-steps', SgPlanSteps);
