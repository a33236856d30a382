import type { Host, HostService } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import type { HostOrder } from '../data/select-hosts.ts';
import { t } from '../messages.ts';

/** Services named in a row; the rest are a number. */
const SHOWN_SERVICES = 4;

/** Hosts as rows. Emits `sg-sort` with the column. Sorting and filtering happen outside. */
export class SgHostTable extends SgElement {
  static override properties = {
    hosts: { attribute: false },
    publishedIds: { attribute: false },
    newSince: { type: Number },
    order: { type: String },
    descending: { type: Boolean },
    base: { type: String },
  };
  static override styles = [
    SgElement.styles,
    css`
      .kind {
        display: grid;
        place-items: center;
        flex: none;
        width: 34px;
        height: 34px;
        color: var(--sg-text-muted);
        background: var(--sg-bg-sunken);
        border-radius: 8px;
      }
      .online .kind {
        color: var(--sg-info);
        background: var(--sg-info-soft);
      }
      .more {
        align-self: center;
        font-size: 12.5px;
        color: var(--sg-text-muted);
      }
      .seen {
        display: inline-flex;
        gap: 6px;
        align-items: center;
      }
      td.services {
        max-width: 330px;
      }
    `,
  ];
  hosts: readonly Host[] = [];
  publishedIds: ReadonlySet<string> = new Set();
  /** Hosts first seen at or after this moment are marked as new. */
  newSince: number | undefined;
  order: HostOrder = 'name';
  descending = false;
  /** Address of the list, which host links extend. */
  base = '/hosts';

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('hosts.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          ${this.#renderSortable('name', t('hosts.name'))} ${this.#renderSortable('address', t('hosts.address'))}
          <th class="th" role="columnheader">${t('hosts.services')}</th>
          ${this.#renderSortable('seen', t('hosts.seen'))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.hosts,
          (host) => host.id,
          (host) => this.#renderRow(host),
        )}
      </tbody>
    </table>`;
  }

  #renderSortable(order: HostOrder, label: string) {
    const isCurrent = this.order === order;
    const icon = isCurrent ? (this.descending ? 'down' : 'up') : 'sort';
    const sorted = this.descending ? 'descending' : 'ascending';
    return html`<th class="th" role="columnheader" aria-sort=${isCurrent ? sorted : nothing}>
      <button type="button" @click=${() => this.emit('sg-sort', order)}>
        ${label}<sg-icon name=${icon} size="13"></sg-icon>
      </button>
    </th>`;
  }

  #renderRow(host: Host) {
    return html`<tr class="tr ${host.online ? 'online' : ''}" role="row">
      <td class="td lead" role="cell">
        <div class="with-icon">
          <span class="kind"><sg-icon name=${host.kind} size="20"></sg-icon></span>
          <div>
            <span class="badges">
              <a class="cell-title" href="${this.base}/${host.id}">${host.name}${this.#renderKind(host)}</a>
              ${this.#isNew(host) ? html`<sg-badge tone="info">${t('hosts.new')}</sg-badge>` : nothing}
              ${this.publishedIds.has(host.id) ? html`<sg-badge tone="ok">${t('hosts.published')}</sg-badge>` : nothing}
            </span>
            <div class="cell-sub">${host.vendor ?? t(`kind.${host.kind}`)}</div>
          </div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('hosts.address')}>
        <div>
          <code>${host.addresses[0] ?? '–'}</code>
          ${host.mac === undefined ? nothing : html`<div class="cell-sub mono">${host.mac}</div>`}
        </div>
      </td>
      <td class="td services" role="cell" data-title=${t('hosts.services')}>${this.#renderServices(host.services)}</td>
      <td class="td nowrap" role="cell" data-title=${t('hosts.seen')}>
        ${
          host.online
            ? html`<sg-badge tone="ok" dot plain>${t('hosts.online')}</sg-badge>`
            : html`<span class="muted"><sg-time .at=${host.lastSeenAt}></sg-time></span>`
        }
      </td>
    </tr>`;
  }

  /** The icon is silent: the kind belongs to the link's name, unless the name says it already. */
  #renderKind({ kind, name }: Host) {
    if (kind === 'unknown' || name.toLowerCase().includes(kind)) return nothing;
    return html`<span class="visually-hidden">, ${t(`kind.${kind}`)}</span>`;
  }

  #renderServices(services: readonly HostService[]) {
    if (services.length === 0) return html`<span class="muted small">${t('hosts.no-services')}</span>`;
    const hidden = services.length - SHOWN_SERVICES;
    return html`<span class="badges">
      ${services
        .slice(0, SHOWN_SERVICES)
        .map(({ name, port }) => html`<sg-badge>${name} <span class="muted">${port}</span></sg-badge>`)}
      ${hidden > 0 ? html`<span class="more">${t('hosts.more-services', { n: hidden })}</span>` : nothing}
    </span>`;
  }

  #isNew(host: Host): boolean {
    return this.newSince !== undefined && host.firstSeenAt >= this.newSince;
  }
}
customElements.define('sg-host-table', SgHostTable);
