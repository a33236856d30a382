import type { Address, AddressPatch, AddressPlan, Host, NewAddress } from '@sidegate/protocol';
import { html } from 'lit';
import { textField } from '../../shared/components/templates.ts';
import { t } from '../messages.ts';
import { parseAddressPatch, parseNewAddress } from './parse-address-form.ts';
import { portsText } from './parse-publication-fields.ts';
import { planBox } from './plan-box.ts';
import { type ErrorOf, labelField, publicationFields } from './publication-fields.ts';
import { SgFormDialog } from './sg-form-dialog.ts';

const fieldsOf = (
  { name, ports, label, ...rest }: Partial<Address> & Pick<Address, 'note'>,
  hint: string,
  error: ErrorOf,
  nodeNames: ReadonlyMap<string, string>,
) => html`${textField({
  name: 'name',
  label: t('address.name'),
  value: name ?? '',
  hint,
  maxLength: 63,
  error: error('name'),
})}
  ${textField({
    name: 'ports',
    label: t('address.ports'),
    value: portsText(ports),
    placeholder: t('address.everything'),
    hint: t('address.ports-hint'),
    error: error('ports'),
  })}
  ${labelField(label ?? '', error('label'))} ${publicationFields(rest, error, nodeNames)}`;

/** Gives a host an address of its own. */
export class SgNewAddressDialog extends SgFormDialog<NewAddress, AddressPlan> {
  host!: Host;

  protected override words() {
    return { heading: t('address.new-heading', { name: this.host.name }), submit: t('address.give') };
  }

  protected override parse(input: Record<string, string>) {
    return parseNewAddress(input, this.host.id, Date.now());
  }

  protected override renderFields(error: ErrorOf) {
    return fieldsOf({ note: '' }, t('address.name-hint'), error, new Map());
  }

  protected override renderPlan({ address, ruleset }: AddressPlan) {
    const { fqdn, targetAddress = '?', ports } = address;
    const what = ports === undefined ? t('address.everything') : portsText(ports);
    return planBox(
      html`<code>${fqdn}</code> → <code>${targetAddress}</code>, ${what}
        <div class="small">${t('address.plan')}</div>`,
      ruleset,
    );
  }
}
customElements.define('sg-new-address-dialog', SgNewAddressDialog);

/** Changes an address. */
export class SgAddressDialog extends SgFormDialog<AddressPatch, never> {
  address!: Address;
  nodeNames: ReadonlyMap<string, string> = new Map();

  protected override words() {
    return { heading: t('address.edit-heading', { name: this.address.name }), submit: t('action.save') };
  }

  protected override parse(input: Record<string, string>) {
    return parseAddressPatch(input, Date.now());
  }

  protected override renderFields(error: ErrorOf) {
    return fieldsOf(this.address, t('address.rename-hint'), error, this.nodeNames);
  }
}
customElements.define('sg-address-dialog', SgAddressDialog);
