import type { Address } from '@sidegate/protocol';
import { html } from 'lit';
import { t } from '../messages.ts';
import { portsText } from './parse-publication-fields.ts';
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
      editLabel: t('address.edit-label', { name }),
      removeLabel: t('address.remove-label', { name }),
    };
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
    return html`<div>
      ${this.renderHost(target)}
      <div class="cell-sub">${place}, ${ports === undefined ? t('address.everything') : portsText(ports)}</div>
    </div>`;
  }
}
customElements.define('sg-address-table', SgAddressTable);
