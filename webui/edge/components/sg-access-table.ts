import type { AccessEntry } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-time.ts';
import { breakable } from '../../shared/components/templates.ts';
import { formatBytes, formatSpan } from '../../shared/format/format.ts';
import { titleOfAccess } from '../data/access-log.ts';
import { t } from '../messages.ts';

/** Who opened what, when, for how long, and how much went. */
export class SgAccessTable extends SgElement {
  static override properties = { entries: { attribute: false } };
  static override styles = [
    SgElement.styles,
    css`
      .break {
        overflow-wrap: anywhere;
      }
    `,
  ];
  entries: readonly AccessEntry[] = [];

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('menu.access')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          ${(['who', 'what', 'when', 'span', 'traffic'] as const).map(
            (column) => html`<th class="th" role="columnheader">${t(`access.${column}`)}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.entries,
          (entry) => `${entry.publicationId} ${entry.address} ${entry.firstAt}`,
          (entry) => this.#renderRow(entry),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(entry: AccessEntry) {
    const { node, address, name, services, firstAt, lastAt, isOpen, connections, bytes } = entry;
    const title = titleOfAccess(entry);
    const places = [...(title === name ? [] : [name]), services.join(', ')].filter(Boolean);
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${node}</div>
        ${node === address ? nothing : html`<div class="cell-sub"><code>${address}</code></div>`}
      </td>
      <td class="td" role="cell" data-title=${t('access.what')}>
        <div class="break">
          ${breakable(title)}
          <div class="cell-sub">${breakable(places.join(' · '))}</div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('access.when')}><sg-time .at=${firstAt}></sg-time></td>
      <td class="td nowrap" role="cell" data-title=${t('access.span')}>
        <div>
          ${isOpen ? html`<sg-badge tone="ok" dot>${t('access.open')}</sg-badge>` : formatSpan(lastAt - firstAt)}
        </div>
      </td>
      <td class="td nowrap" role="cell" data-title=${t('access.traffic')}>
        <div>
          ${bytes === undefined ? nothing : formatBytes(bytes)}
          <div class="cell-sub">${t('forward.connections', { n: connections })}</div>
        </div>
      </td>
    </tr>`;
  }
}
customElements.define('sg-access-table', SgAccessTable);
