import type { PortalNode } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { copyable } from '../../shared/components/templates.ts';
import { t } from '../messages.ts';
import { nodeTags, pathBadges } from './node-badges.ts';

/** Edges as rows. Emits `sg-open` with the edge. */
export class SgEdgeTable extends SgElement {
  static override properties = {
    edges: { attribute: false },
    busyIds: { attribute: false },
    base: { type: String },
  };
  static override styles = [
    SgElement.styles,
    css`
      .home {
        position: relative;
        display: grid;
        place-items: center;
        flex: none;
        width: 38px;
        height: 38px;
        color: var(--sg-text-muted);
        background: var(--sg-bg-sunken);
        border-radius: 9px;
      }
      .online .home {
        color: var(--sg-info);
        background: var(--sg-info-soft);
      }
      .home::after {
        position: absolute;
        right: -3px;
        bottom: -3px;
        width: 9px;
        height: 9px;
        content: '';
        background: var(--sg-control-border);
        border: 2px solid var(--sg-bg);
        border-radius: 50%;
      }
      .online .home::after {
        background: var(--sg-ok-dot);
      }
      .open {
        min-width: 84px;
      }
      @media (max-width: 720px) {
        .td.end .actions {
          flex-direction: row-reverse;
          justify-content: flex-end;
        }
      }
    `,
  ];
  edges: readonly PortalNode[] = [];
  busyIds: ReadonlySet<string> = new Set();
  /** The app's base path, without a slash at the end. */
  base = '';

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('edges.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('edge.name')}</th>
          <th class="th" role="columnheader">${t('edge.address')}</th>
          <th class="th" role="columnheader">${t('edge.paths')}</th>
          <th class="th" role="columnheader">${t('edge.network')}</th>
          <th class="th" role="columnheader">${t('edge.seen')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('edge.open')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.edges,
          (edge) => edge.id,
          (edge) => this.#renderRow(edge),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(edge: PortalNode) {
    return html`<tr class="tr ${edge.online ? 'online' : ''}" role="row">
      <td class="td lead" role="cell">${this.#renderName(edge)}</td>
      <td class="td" role="cell" data-title=${t('edge.address')}>
        <div>
          ${copyable(edge.address4, t('edge.address'))}
          <div class="cell-sub" title=${t('edge.nat-title')}>${edge.nat === 'unknown' ? nothing : t(`nat.${edge.nat}`)}</div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('edge.paths')}><span class="badges">${pathBadges(edge.paths)}</span></td>
      <td class="td nowrap" role="cell" data-title=${t('edge.network')}>
        <div>
          ${t('edge.hosts', { n: edge.counts.hosts })}
          <div class="cell-sub">${t('edge.forwards', { n: edge.counts.forwards })}</div>
        </div>
      </td>
      <td class="td nowrap" role="cell" data-title=${t('edge.seen')}>
        ${
          edge.online
            ? html`<sg-badge tone="ok" dot plain>${t('edge.online')}</sg-badge>`
            : html`<div>
              <sg-badge dot plain>${t('edge.offline')}</sg-badge>
              <div class="cell-sub"><sg-time .at=${edge.lastSeenAt}></sg-time></div>
            </div>`
        }
      </td>
      <td class="td end" role="cell">${this.#renderActions(edge)}</td>
    </tr>`;
  }

  #renderName(edge: PortalNode) {
    return html`<div class="with-icon">
      <span class="home"><sg-icon name="edge" size="21"></sg-icon></span>
      <div>
        <span class="badges">
          <a class="cell-title" href="${this.base}/nodes/${edge.id}" aria-label=${t('edge.details-label', { name: edge.name })}
            >${edge.name}</a
          >
          ${
            edge.health.length === 0
              ? nothing
              : html`<sg-badge tone="warn" title=${edge.health.join(', ')}>
                ${t('edge.health', { n: edge.health.length })}
              </sg-badge>`
          }
          ${nodeTags(edge.tags)}
        </span>
        <div class="cell-sub">${edge.note === '' ? edge.platform : edge.note}</div>
      </div>
    </div>`;
  }

  #renderActions(edge: PortalNode) {
    const { id, name, online } = edge;
    const isBusy = this.busyIds.has(id);
    return html`<div class="actions">
      ${
        online
          ? html`<a
            class="btn btn-plain btn-icon"
            href="${this.base}/open/${id}"
            target="_blank"
            aria-label=${t('edge.open-tab-label', { name })}
            title=${t('edge.open-tab-label', { name })}
            ><sg-icon name="open" size="16"></sg-icon
          ></a>`
          : nothing
      }
      <button
        type="button"
        class="btn btn-primary open"
        aria-label=${t('edge.open-label', { name })}
        title=${online ? nothing : t('edge.offline-title')}
        ?disabled=${!online || isBusy}
        @click=${() => this.emit('sg-open', edge)}
      >
        ${t(isBusy ? 'edge.opening' : 'edge.open')}
      </button>
    </div>`;
  }
}
customElements.define('sg-edge-table', SgEdgeTable);
