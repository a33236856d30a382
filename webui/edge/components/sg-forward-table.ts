import type { Forward } from '@sidegate/protocol';
import { html } from 'lit';
import { t } from '../messages.ts';
import { type PublicationWords, SgPublicationTable } from './sg-publication-table.ts';

/** A name for a forward that has no label. */
const nameOf = ({ label, edgePort }: Forward): string => (label === '' ? `:${edgePort}` : label);

/** Forwards as rows. Emits `sg-switch-forward` ({ id, enabled }), `sg-edit-forward` and `sg-remove-forward` (the forward). */
export class SgForwardTable extends SgPublicationTable<Forward> {
  static override properties = { ...SgPublicationTable.properties, forwards: { attribute: false } };
  forwards: readonly Forward[] = [];

  protected override render() {
    return this.renderTable(this.forwards);
  }

  protected override words(forward: Forward | undefined): PublicationWords {
    const name = forward === undefined ? '' : nameOf(forward);
    return {
      noun: 'forward',
      title: name,
      tableLabel: t('forwards.table'),
      switchLabel: t('forward.switch', { name }),
      editLabel: t('forward.edit-label', { name }),
      removeLabel: t('forward.remove-label', { name }),
    };
  }

  protected override renderPlace(forward: Forward) {
    const { url, enabled } = forward;
    return this.renderLink({ href: url, shown: url, copy: url, name: nameOf(forward) }, enabled);
  }

  protected override renderTarget({ target, targetAddress, targetPort, portCount = 1, protocol }: Forward) {
    const address = target.kind === 'address' ? target.address : targetAddress;
    const ports = `:${targetPort}${portCount > 1 ? `-${targetPort + portCount - 1}` : ''}`;
    return html`<div>
      ${this.renderHost(target)}
      <div class="cell-sub">
        ${this.renderAddress(address, ports)} <span class="nowrap">${protocol === 'both' ? 'tcp + udp' : protocol}</span>
      </div>
    </div>`;
  }
}
customElements.define('sg-forward-table', SgForwardTable);
