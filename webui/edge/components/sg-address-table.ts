import type { Address } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-copy.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-switch.ts';
import '../../shared/components/sg-time.ts';
import { formatBytes } from '../../shared/format/format.ts';
import { isWebUrl } from '../data/forwards.ts';
import { t } from '../messages.ts';

/** Hosts with addresses of their own. Emits `sg-switch-address` ({ id, enabled }), `sg-edit-address` and `sg-remove-address`. */
export class SgAddressTable extends SgElement {
  static override properties = {
    addresses: { attribute: false },
    hostBase: { type: String },
    busyIds: { attribute: false },
  };
  static override styles = [
    SgElement.styles,
    css`
      .off .url {
        opacity: 0.75;
      }
      .url {
        overflow-wrap: anywhere;
      }
    `,
  ];
  addresses: readonly Address[] = [];
  hostBase = '/hosts';
  busyIds: ReadonlySet<string> = new Set();

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('addresses.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('forward.what')}</th>
          <th class="th" role="columnheader">${t('forward.url')}</th>
          <th class="th" role="columnheader">${t('forward.target')}</th>
          <th class="th" role="columnheader">${t('forward.traffic')}</th>
          <th class="th" role="columnheader">${t('forward.state')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('forward.remove')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.addresses,
          ({ id }) => id,
          (address) => this.#renderRow(address),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(address: Address) {
    const { name, label, owner, expiresAt, enabled, bytes, connections } = address;
    return html`<tr class="tr ${enabled ? '' : 'off'}" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${label === '' ? name : label}</div>
        <div class="cell-sub">${t('forward.owner', { name: owner })}</div>
        ${
          expiresAt === undefined
            ? nothing
            : html`<div class="cell-sub">${t('forward.ends')} <sg-time .at=${expiresAt}></sg-time></div>`
        }
      </td>
      <td class="td" role="cell" data-title=${t('forward.url')}>${this.#renderPlace(address)}</td>
      <td class="td" role="cell" data-title=${t('forward.target')}>${this.#renderTarget(address)}</td>
      <td class="td nowrap number" role="cell" data-title=${t('forward.traffic')}>
        <div>
          ${formatBytes(bytes)}
          <div class="cell-sub">${t('forward.connections', { n: connections })}</div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('forward.state')}>
        <sg-switch
          label=${t('address.switch', { name })}
          .on=${enabled}
          .text=${t(enabled ? 'forward.on' : 'forward.off')}
          ?disabled=${this.busyIds.has(address.id)}
          @sg-change=${() => this.emit('sg-switch-address', { id: address.id, enabled: !enabled })}
        ></sg-switch>
      </td>
      <td class="td end" role="cell">
        <div class="actions">
        <button
          type="button"
          class="btn btn-small"
          aria-label=${t('address.edit-label', { name })}
          ?disabled=${this.busyIds.has(address.id)}
          @click=${() => this.emit('sg-edit-address', address)}
        >
          <sg-icon name="edit" size="15"></sg-icon>${t('address.edit')}
        </button>
        <button
          type="button"
          class="btn btn-small btn-danger"
          aria-label=${t('address.remove-label', { name })}
          @click=${() => this.emit('sg-remove-address', address)}
        >
          <sg-icon name="trash" size="15"></sg-icon>${t('forward.remove')}
        </button>
        </div>
      </td>
    </tr>`;
  }

  #renderPlace({ fqdn, address4, urls, enabled, name }: Address) {
    const [url = fqdn] = urls;
    const text =
      enabled && isWebUrl(url)
        ? html`<a class="url" href=${url} target="_blank" rel="noopener noreferrer">${fqdn}</a>`
        : html`<code class="url">${fqdn}</code>`;
    return html`<div>
      <span class="copyable">${text}<sg-copy .value=${fqdn} what=${t('forward.copy', { name })}></sg-copy></span>
      <div class="cell-sub">
        ${address4 === undefined ? t('address.waiting') : html`<code>${address4}</code>`}
      </div>
    </div>`;
  }

  #renderTarget({ target, targetAddress, ports }: Address) {
    const address = target.kind === 'address' ? target.address : targetAddress;
    const place =
      address === undefined
        ? html`<span title=${t('forward.target-missing-title')}>${t('forward.target-missing')}</span>`
        : html`<code>${address}</code>`;
    const open = ports?.map(({ protocol, from, to }) => `${from}${from === to ? '' : `-${to}`}/${protocol}`);
    return html`<div>
      ${target.kind === 'host' ? html`<a href="${this.hostBase}/${target.hostId}">${place}</a>` : place}
      <div class="cell-sub">${open?.join(', ') ?? t('address.everything')}</div>
    </div>`;
  }
}
customElements.define('sg-address-table', SgAddressTable);
