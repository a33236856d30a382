/** Giving, switching and removing addresses of hosts, the same on every page that lists them. */
import type { Address, Host } from '@sidegate/protocol';
import { html } from 'lit';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import { showToast } from '../../shared/components/toast.ts';
import { askAddressChange } from '../components/sg-address-dialog.ts';
import '../components/sg-address-table.ts';
import { addAddress, patchAddress, planAddress, removeAddress } from '../data/addresses.ts';
import { t } from '../messages.ts';
import { type PanelCaller, tellError } from './panel-caller.ts';
import { changePublication, confirmRemovePublication } from './publication-actions.ts';

/** Gives the host an address of its own. */
export const giveAddress = async (caller: PanelCaller, host: Host): Promise<void> => {
  const key = `address-${host.id}`;
  const address = await caller.actions.run(key, () => addAddress(caller.edge.api, host));
  tellError(caller, key);
  if (address === undefined) return;
  caller.edge.addresses.put(address);
  showToast(caller.element, {
    tone: 'ok',
    text: t('address.given', { name: host.name }),
    detail: address.fqdn,
  });
};

/** Shows what would be given, and gives it to whoever says so. */
export const previewAddress = async (caller: PanelCaller, host: Host): Promise<void> => {
  const key = `address-${host.id}`;
  const plan = await caller.actions.run(key, () => planAddress(caller.edge.api, host));
  tellError(caller, key);
  if (plan === undefined) return;
  const { fqdn, targetAddress } = plan.address;
  const isWanted = await askConfirm({
    heading: t('plan.title'),
    text: t('address.plan', { name: fqdn, address: targetAddress ?? '?', ports: t('address.everything') }),
    confirm: t('host.give-address'),
  });
  if (isWanted) await giveAddress(caller, host);
};

const switchAddress = async (caller: PanelCaller, id: string, enabled: boolean): Promise<void> => {
  const { api, addresses } = caller.edge;
  await changePublication(caller, id, addresses, () => patchAddress(api, id, { enabled }));
};

const editAddress = async (caller: PanelCaller, address: Address): Promise<void> => {
  const patch = await askAddressChange(address);
  if (patch === undefined) return;
  const { api, addresses } = caller.edge;
  const { id } = address;
  const changed = await changePublication(caller, id, addresses, () => patchAddress(api, id, patch));
  if (changed !== undefined) showToast(caller.element, { tone: 'ok', text: t('host.saved') });
};

const confirmRemove = (caller: PanelCaller, { id, fqdn }: Address): Promise<void> =>
  confirmRemovePublication(
    caller,
    { id, place: fqdn, list: caller.edge.addresses },
    { heading: t('address.remove-heading'), removed: t('address.removed') },
    () => removeAddress(caller.edge.api, id),
  );

/** The table with its switches and buttons at work. */
export const addressTable = (caller: PanelCaller, addresses: readonly Address[], hostBase: string) =>
  html`<sg-address-table
    .addresses=${addresses}
    hostBase=${hostBase}
    .busyIds=${new Set(addresses.map(({ id }) => id as string).filter((id) => caller.actions.isBusy(id)))}
    @sg-switch-address=${({ detail: { id, enabled } }: CustomEvent<{ id: string; enabled: boolean }>) =>
      void switchAddress(caller, id, enabled)}
    @sg-edit-address=${({ detail: address }: CustomEvent<Address>) => void editAddress(caller, address)}
    @sg-remove-address=${({ detail: address }: CustomEvent<Address>) => void confirmRemove(caller, address)}
  ></sg-address-table>`;
