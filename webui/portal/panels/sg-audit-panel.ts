import { Task } from '@lit/task';
import type { AuditEntry } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-skeleton.ts';
import '../../shared/components/sg-time.ts';
import { pageHead, searchBox } from '../../shared/components/templates.ts';
import { toApiError } from '../../shared/data/api-error.ts';
import { fetchAudit } from '../data/users.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** Who did what, newest first. */
export class SgAuditPanel extends PortalPanel {
  static override properties = { ...PortalPanel.properties, text: { state: true } };
  text = '';
  readonly #audit = new Task(this, {
    args: () => [],
    task: (_args, { signal }) => fetchAudit(this.portal.api, signal),
  });

  protected override render() {
    return html`${pageHead(t('menu.audit'), t('audit.descr'))}
    ${this.#audit.render({
      pending: () => html`<sg-skeleton></sg-skeleton>`,
      complete: (entries) => this.#renderEntries(entries),
      error: (cause) =>
        html`<sg-alert .error=${toApiError(cause)} retry @sg-retry=${() => void this.#audit.run()}></sg-alert>`,
    })}`;
  }

  #renderEntries(entries: readonly AuditEntry[]) {
    if (entries.length === 0) {
      return html`<div class="section">
        <sg-empty icon="list" heading=${t('audit.empty')} text=${t('audit.empty-text')}></sg-empty>
      </div>`;
    }
    const text = this.text.trim().toLowerCase();
    const shown = entries.filter(({ actor, action, target, detail }) =>
      [actor, action, target, detail].join('\n').toLowerCase().includes(text),
    );
    return html`<div class="toolbar">
        ${searchBox(t('audit.search'), this.text, (next) => {
          this.text = next;
        })}
      </div>
      <div class="section">
        ${shown.length === 0 ? html`<sg-empty icon="search" heading=${t('audit.none-match')}></sg-empty>` : this.#renderTable(shown)}
      </div>`;
  }

  #renderTable(entries: readonly AuditEntry[]) {
    return html`<table class="table" role="table" aria-label=${t('audit.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('audit.at')}</th>
          <th class="th" role="columnheader">${t('audit.actor')}</th>
          <th class="th" role="columnheader">${t('audit.action')}</th>
          <th class="th" role="columnheader">${t('audit.target')}</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${entries.map(
          ({ at, actor, action, target, detail }) => html`<tr class="tr" role="row">
            <td class="td nowrap muted" role="cell" data-title=${t('audit.at')}><sg-time .at=${at}></sg-time></td>
            <td class="td" role="cell" data-title=${t('audit.actor')}>${actor}</td>
            <td class="td" role="cell" data-title=${t('audit.action')}><code>${action}</code></td>
            <td class="td" role="cell" data-title=${t('audit.target')}>
              <div>${target}${detail === '' ? nothing : html`<div class="cell-sub">${detail}</div>`}</div>
            </td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}
customElements.define('sg-audit-panel', SgAuditPanel);
