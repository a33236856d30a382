import type { Address, AddressPatch } from '@sidegate/protocol';
import { html } from 'lit';
import '../../shared/components/sg-dialog.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import { readForm, textField } from '../../shared/components/templates.ts';
import { t } from '../messages.ts';
import { allowText, parseAddressForm, portsText } from './parse-address-form.ts';

/** Draws the form; use `askAddressChange`. */
export class SgAddressDialog extends SgElement {
  static override properties = { address: { attribute: false }, errors: { state: true } };
  address!: Address;
  errors: Readonly<Record<string, string>> = {};

  protected override render() {
    const { name, label, wake } = this.address;
    const error = (field: string): string | undefined => this.errors[field];
    return html`<sg-dialog open heading=${t('address.edit-heading', { name })} @sg-close=${() => this.#answer()}>
      <form id="address" class="stacked" novalidate @submit=${this.#submit}>
        ${textField({ name: 'name', label: t('address.name'), value: name, maxLength: 63, error: error('name') })}
        ${textField({
          name: 'ports',
          label: t('address.ports'),
          value: portsText(this.address),
          hint: t('address.ports-hint'),
          error: error('ports'),
        })}
        ${textField({
          name: 'allow',
          label: t('form.allow'),
          value: allowText(this.address),
          hint: t('form.allow-hint'),
          error: error('allow'),
        })}
        ${textField({ name: 'label', label: t('form.label'), value: label, maxLength: 80, error: error('label') })}
        <label class="choice">
          <input type="checkbox" name="wake" value="yes" .checked=${wake === true} />${t('form.wake')}
        </label>
      </form>
      <button slot="actions" type="button" class="btn" @click=${() => this.#answer()}>${t('action.cancel')}</button>
      <button slot="actions" class="btn btn-primary" form="address">${t('action.save')}</button>
    </sg-dialog>`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    const parsed = parseAddressForm(readForm(event));
    this.errors = parsed.ok ? {} : parsed.errors;
    if (parsed.ok) this.#answer(parsed.value);
  };

  #answer(patch?: AddressPatch): void {
    this.emit('sg-answer', patch);
  }
}
customElements.define('sg-address-dialog', SgAddressDialog);

/** Asks in a modal dialog; resolves to the change, or to nothing where there shall be none. */
export const askAddressChange = (address: Address): Promise<AddressPatch | undefined> =>
  new Promise((resolve) => {
    const element = document.createElement('sg-address-dialog') as SgAddressDialog;
    element.address = address;
    element.addEventListener('sg-answer', (event) => {
      element.remove();
      resolve((event as CustomEvent<AddressPatch | undefined>).detail ?? undefined);
    });
    document.body.append(element);
  });
