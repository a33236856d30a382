import type { Address } from '@sidegate/protocol';
import { html } from 'lit';
import { t } from '../messages.ts';
import { type PublicationWords, SgPublicationTable } from './sg-publication-table.ts';

/** Hosts with addresses of their own. Emits `sg-switch-address` ({ id, enabled }), `sg-edit-address` and `sg-remove-address`. */
export class SgAddressTable extends SgPublicationTable<Address> {
  static override properties = { ...SgPublicationTable.properties, addresses: { attribute: false } };
  addresses: readonly Address[] = [];

  protected override render() {
    return this.renderTable(this.addresses);
  }

  protected override words(address: Address | undefined): PublicationWords {
    const { name = '', label = '' } = address ?? {};
    return {
      noun: 'address',
      title: label === '' ? name : label,
      tableLabel: t('addresses.table'),
      switchLabel: t('address.switch', { name }),
      removeLabel: t('address.remove-label', { name }),
    };
  }

  protected override renderMore(address: Address) {
    return html`<button
      type="button"
      class="btn btn-small"
      aria-label=${t('address.edit-label', { name: address.name })}
      ?disabled=${this.busyIds.has(address.id)}
      @click=${() => this.emit('sg-edit-address', address)}
    >
      <sg-icon name="edit" size="15"></sg-icon>${t('address.edit')}
    </button>`;
  }

  protected override renderPlace({ fqdn, address4, urls, enabled, name }: Address) {
    const [href = fqdn] = urls;
    return html`<div>
      ${this.renderLink({ href, shown: fqdn, copy: fqdn, name }, enabled)}
      <div class="cell-sub">
        ${address4 === undefined ? t('address.waiting') : html`<code>${address4}</code>`}
      </div>
    </div>`;
  }

  protected override renderTarget({ target, targetAddress, ports }: Address) {
    const place = this.renderAddress(target.kind === 'address' ? target.address : targetAddress);
    const open = ports?.map(({ protocol, from, to }) => `${from}${from === to ? '' : `-${to}`}/${protocol}`);
    return html`<div>
      ${target.kind === 'host' ? html`<a href="${this.hostBase}/${target.hostId}">${place}</a>` : place}
      <div class="cell-sub">${open?.join(', ') ?? t('address.everything')}</div>
    </div>`;
  }
}
customElements.define('sg-address-table', SgAddressTable);
