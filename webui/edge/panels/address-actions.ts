/** Giving, changing and removing addresses of hosts, the same on every page that lists them. */
import type { Address, Host } from '@sidegate/protocol';
import { html } from 'lit';
import { showToast } from '../../shared/components/toast.ts';
import { SgAddressDialog, SgNewAddressDialog } from '../components/sg-address-dialog.ts';
import '../components/sg-address-table.ts';
import { addAddress, patchAddress, planAddress, removeAddress, wholeHost } from '../data/addresses.ts';
import { t } from '../messages.ts';
import { runFormDialog } from './form-dialog.ts';
import type { PanelCaller } from './panel-caller.ts';
import {
  changePublication,
  confirmRemovePublication,
  editPublication,
  type TableWords,
} from './publication-actions.ts';

const tellGiven = ({ edge, element }: PanelCaller, host: Host, address: Address): void => {
  edge.addresses.put(address);
  showToast(element, { tone: 'ok', text: t('address.given', { name: host.name }), detail: address.fqdn });
};

/** Gives the host an address of its own: all ports, for whoever policy permits. */
export const giveAddress = async (caller: PanelCaller, host: Host): Promise<void> => {
  const key = `address-${host.id}`;
  const address = await caller.actions.run(key, () => addAddress(caller.edge.api, wholeHost(host)));
  caller.actions.tellError(key);
  if (address !== undefined) tellGiven(caller, host, address);
};

/** Asks how, shows what would come of it, and gives the address. */
export const giveAddressWith = async (caller: PanelCaller, host: Host): Promise<void> => {
  const { api } = caller.edge;
  const dialog = Object.assign(new SgNewAddressDialog(), { host });
  const done = await runFormDialog(dialog, {
    plan: (request) => planAddress(api, request),
    send: (request) => addAddress(api, request),
  });
  if (done !== undefined) tellGiven(caller, host, done.value);
};

const switchAddress = async (caller: PanelCaller, id: string, enabled: boolean): Promise<void> => {
  const { api, addresses } = caller.edge;
  await changePublication(caller, id, addresses, () => patchAddress(api, id, { enabled }));
};

const editAddress = (
  caller: PanelCaller,
  address: Address,
  nodeNames: ReadonlyMap<string, string>,
): Promise<void> => {
  const { api, addresses } = caller.edge;
  const dialog = Object.assign(new SgAddressDialog(), { address, nodeNames });
  return editPublication(caller, addresses, dialog, (patch) => patchAddress(api, address.id, patch));
};

const confirmRemove = (caller: PanelCaller, { id, fqdn }: Address): Promise<void> =>
  confirmRemovePublication(
    caller,
    { id, place: fqdn, list: caller.edge.addresses },
    { heading: t('address.remove-heading'), removed: t('address.removed') },
    () => removeAddress(caller.edge.api, id),
  );

/** The table with its switches and buttons at work. */
export const addressTable = (
  caller: PanelCaller,
  addresses: readonly Address[],
  { hostBase, hostNames, nodeNames, lastUsed }: TableWords,
) =>
  html`<sg-address-table
    .addresses=${addresses}
    hostBase=${hostBase}
    .hostNames=${hostNames}
    .nodeNames=${nodeNames}
    .lastUsed=${lastUsed}
    .busyIds=${new Set(addresses.map(({ id }) => id as string).filter((id) => caller.actions.isBusy(id)))}
    @sg-switch-address=${({ detail: { id, enabled } }: CustomEvent<{ id: string; enabled: boolean }>) =>
      void switchAddress(caller, id, enabled)}
    @sg-edit-address=${({ detail: address }: CustomEvent<Address>) => void editAddress(caller, address, nodeNames)}
    @sg-remove-address=${({ detail: address }: CustomEvent<Address>) => void confirmRemove(caller, address)}
  ></sg-address-table>`;
