import type { PeerStatus } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { pathBadge } from '../../shared/components/path-badge.ts';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { copyable } from '../../shared/components/templates.ts';
import { formatAbsolute, formatBytes, formatRtt } from '../../shared/format/format.ts';
import { t } from '../messages.ts';

/** Nodes with the path to each; `full` adds traffic and the history of the path. */
export class SgPeerTable extends SgElement {
  static override properties = { peers: { attribute: false }, full: { type: Boolean } };
  static override styles = [
    SgElement.styles,
    css`
      details {
        font-size: 12.5px;
      }
      summary {
        cursor: pointer;
        color: var(--sg-link);
      }
      ol {
        margin: 6px 0 0 18px;
        max-width: 60ch;
      }
    `,
  ];
  peers: readonly PeerStatus[] = [];
  full = false;

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('peers.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('peer.name')}</th>
          <th class="th" role="columnheader">${t('peer.path')}</th>
          <th class="th" role="columnheader">${t('peer.rtt')}</th>
          <th class="th" role="columnheader">${t('peer.endpoint')}</th>
          ${
            this.full
              ? html`<th class="th" role="columnheader">${t('peer.handshake')}</th>
                <th class="th" role="columnheader">${t('peer.traffic')}</th>`
              : nothing
          }
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.peers,
          (peer) => peer.id,
          (peer) => this.#renderRow(peer),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(peer: PeerStatus) {
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="with-icon">
          <sg-icon name=${peer.role === 'client' ? 'computer' : peer.role}></sg-icon>
          <div>
            <div class="cell-title">${peer.name}</div>
            <div class="cell-sub">${copyable(peer.address4, t('overview.address4'))}</div>
            ${this.full ? this.#renderWhy(peer) : nothing}
          </div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('peer.path')}>
        <span class="badges">
          ${peer.online ? pathBadge(peer.path) : html`<sg-badge dot>${t('peer.offline')}</sg-badge>`}
        </span>
      </td>
      <td class="td number nowrap" role="cell" data-title=${t('peer.rtt')}>
        ${peer.rttMs === undefined ? '–' : formatRtt(peer.rttMs)}
      </td>
      <td class="td" role="cell" data-title=${t('peer.endpoint')}><code>${peer.endpoint ?? '–'}</code></td>
      ${this.full ? this.#renderTraffic(peer) : nothing}
    </tr>`;
  }

  #renderTraffic(peer: PeerStatus) {
    return html`<td class="td nowrap" role="cell" data-title=${t('peer.handshake')}>
        <sg-time .at=${peer.latestHandshakeAt}></sg-time>
      </td>
      <td class="td number nowrap" role="cell" data-title=${t('peer.traffic')}>
        ${formatBytes(peer.rxBytes)} / ${formatBytes(peer.txBytes)}
      </td>`;
  }

  #renderWhy(peer: PeerStatus) {
    if (peer.explain.length === 0) return nothing;
    return html`<details>
      <summary aria-label=${t('peer.why-label', { name: peer.name })}>${t('peer.why')}</summary>
      <ol>
        ${peer.explain.map(
          ({ at, from, to, why }) =>
            html`<li title=${formatAbsolute(at)}>${t('peer.step', { from, to, why })}</li>`,
        )}
      </ol>
    </details>`;
  }
}
customElements.define('sg-peer-table', SgPeerTable);
