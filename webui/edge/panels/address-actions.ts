/** Giving, switching and removing addresses of hosts, the same on every page that lists them. */
import type { Address, Host } from '@sidegate/protocol';
import { html } from 'lit';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import { showError, showToast } from '../../shared/components/toast.ts';
import type { ActionController } from '../../shared/controllers/action-controller.ts';
import '../components/sg-address-table.ts';
import { addAddress, patchAddress, planAddress, removeAddress } from '../data/addresses.ts';
import { t } from '../messages.ts';
import type { EdgeResources } from '../resources.ts';

interface Caller {
  readonly element: EventTarget;
  readonly edge: EdgeResources;
  readonly actions: ActionController;
}

const tell = ({ element, actions }: Caller, key: string): void => {
  const error = actions.error(key);
  if (error !== undefined) showError(element, error);
};

/** Gives the host an address of its own. */
export const giveAddress = async (caller: Caller, host: Host): Promise<void> => {
  const key = `address-${host.id}`;
  const address = await caller.actions.run(key, () => addAddress(caller.edge.api, host));
  tell(caller, key);
  if (address === undefined) return;
  caller.edge.addresses.put(address);
  showToast(caller.element, {
    tone: 'ok',
    text: t('address.given', { name: host.name }),
    detail: address.fqdn,
  });
};

/** Shows what would be given, and gives it to whoever says so. */
export const previewAddress = async (caller: Caller, host: Host): Promise<void> => {
  const key = `address-${host.id}`;
  const plan = await caller.actions.run(key, () => planAddress(caller.edge.api, host));
  tell(caller, key);
  if (plan === undefined) return;
  const { fqdn, targetAddress } = plan.address;
  const isWanted = await askConfirm({
    heading: t('plan.title'),
    text: t('address.plan', { name: fqdn, address: targetAddress ?? '?', ports: t('address.everything') }),
    confirm: t('host.give-address'),
  });
  if (isWanted) await giveAddress(caller, host);
};

const switchAddress = async (caller: Caller, id: string, enabled: boolean): Promise<void> => {
  const changed = await caller.actions.run(id, () => patchAddress(caller.edge.api, id, { enabled }));
  if (changed !== undefined) caller.edge.addresses.put(changed);
  tell(caller, id);
};

const confirmRemove = async (caller: Caller, { id, fqdn }: Address): Promise<void> => {
  const isSure = await askConfirm({
    heading: t('address.remove-heading'),
    text: t('forward.remove-text', { url: fqdn }),
    confirm: t('forward.remove'),
    danger: true,
  });
  if (!isSure) return;
  const done = await caller.actions.run(id, async () => {
    await removeAddress(caller.edge.api, id);
    return true;
  });
  if (done === true) {
    caller.edge.addresses.drop(id);
    showToast(caller.element, { tone: 'ok', text: t('address.removed') });
  }
  tell(caller, id);
};

/** The table with its switches and buttons at work. */
export const addressTable = (caller: Caller, addresses: readonly Address[], hostBase: string) =>
  html`<sg-address-table
    .addresses=${addresses}
    hostBase=${hostBase}
    .busyIds=${new Set(addresses.map(({ id }) => id as string).filter((id) => caller.actions.isBusy(id)))}
    @sg-switch-address=${({ detail: { id, enabled } }: CustomEvent<{ id: string; enabled: boolean }>) =>
      void switchAddress(caller, id, enabled)}
    @sg-remove-address=${({ detail: address }: CustomEvent<Address>) => void confirmRemove(caller, address)}
  ></sg-address-table>`;
