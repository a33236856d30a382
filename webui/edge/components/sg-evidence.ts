import type { Evidence } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { t } from '../messages.ts';

/** Which source said what about a host, folded away until asked for. */
export class SgEvidence extends SgElement {
  static override properties = { evidence: { attribute: false } };
  static override styles = [
    SgElement.styles,
    css`
      summary {
        display: flex;
        gap: 10px;
        align-items: baseline;
        padding: 12px 16px;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary sg-icon {
        align-self: center;
        transition: rotate 0.15s;
      }
      details[open] summary {
        border-bottom: 1px solid var(--sg-border);
      }
      details[open] summary sg-icon {
        rotate: 90deg;
      }
    `,
  ];
  evidence: readonly Evidence[] = [];

  protected override render() {
    if (this.evidence.length === 0) return nothing;
    return html`<details class="section">
      <summary>
        <sg-icon name="next" size="14"></sg-icon>
        <h3>${t('host.evidence')}</h3>
        <span class="muted small">${t('host.evidence-descr', { n: this.evidence.length })}</span>
      </summary>
      <table class="table" role="table" aria-label=${t('host.evidence')}>
        <thead role="rowgroup">
          <tr class="tr" role="row">
            <th class="th" role="columnheader">${t('evidence.source')}</th>
            <th class="th" role="columnheader">${t('evidence.field')}</th>
            <th class="th" role="columnheader">${t('evidence.value')}</th>
            <th class="th" role="columnheader">${t('evidence.at')}</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${this.evidence.map(
            ({ source, field, value, at }) => html`<tr class="tr" role="row">
              <td class="td" role="cell" data-title=${t('evidence.source')}>${source}</td>
              <td class="td" role="cell" data-title=${t('evidence.field')}>${field}</td>
              <td class="td" role="cell" data-title=${t('evidence.value')}><code>${value}</code></td>
              <td class="td nowrap muted" role="cell" data-title=${t('evidence.at')}><sg-time .at=${at}></sg-time></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
  }
}
customElements.define('sg-evidence', SgEvidence);
