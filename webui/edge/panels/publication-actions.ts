/** Switching, changing and removing publications: what forwards and addresses of hosts have in common. */
import type { AccessLog, Host, PeerStatus } from '@sidegate/protocol';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import type { LiveList } from '../../shared/data/live.ts';
import type { SgFormDialog } from '../components/sg-form-dialog.ts';
import { lastUsedOf } from '../data/access-log.ts';
import { t } from '../messages.ts';
import { runFormDialog } from './form-dialog.ts';
import type { PanelCaller } from './panel-caller.ts';

/** What a table of publications says of hosts, machines and visits. */
export interface TableWords {
  readonly hostBase: string;
  readonly hostNames: ReadonlyMap<string, string>;
  readonly nodeNames: ReadonlyMap<string, string>;
  readonly lastUsed: ReadonlyMap<string, number>;
}

/** The same from what is known just now. */
export const tableWords = (
  hostBase: string,
  hosts: readonly Host[] = [],
  peers: readonly PeerStatus[] = [],
  log: AccessLog = { entries: [] },
): TableWords => ({
  hostBase,
  hostNames: new Map(hosts.map(({ id, name }) => [id, name])),
  nodeNames: new Map(peers.map(({ id, name }) => [id, name])),
  lastUsed: lastUsedOf(log),
});

/** Does what is asked of one publication, and puts the answer into its list. */
export const changePublication = async <T>(
  caller: PanelCaller,
  id: string,
  list: LiveList<T>,
  change: () => Promise<T>,
): Promise<T | undefined> => {
  const changed = await caller.actions.run(id, change);
  if (changed !== undefined) list.put(changed);
  caller.actions.tellError(id);
  return changed;
};

/** Shows the form of one until the answer to it is in its list, or somebody closed it. */
export const editPublication = async <R, T>(
  { element }: PanelCaller,
  list: LiveList<T>,
  dialog: SgFormDialog<R, never>,
  send: (patch: R) => Promise<T>,
): Promise<void> => {
  const done = await runFormDialog(dialog, { send });
  if (done === undefined) return;
  list.put(done.value);
  showToast(element, { tone: 'ok', text: t('host.saved') });
};

/** Removes one after asking. `place` is what stops working. */
export const confirmRemovePublication = async <T>(
  caller: PanelCaller,
  { id, place, list }: { readonly id: string; readonly place: string; readonly list: LiveList<T> },
  { heading, removed }: { readonly heading: string; readonly removed: string },
  remove: () => Promise<void>,
): Promise<void> => {
  const question = {
    heading,
    text: t('forward.remove-text', { url: place }),
    confirm: t('forward.remove'),
    danger: true,
  };
  if ((await runConfirmed(caller.actions, id, question, remove)) !== true) return;
  list.drop(id);
  showToast(caller.element, { tone: 'ok', text: removed });
};
