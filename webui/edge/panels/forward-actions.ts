/** Switching, changing and removing forwards, the same on every page that lists them. */
import type { Forward } from '@sidegate/protocol';
import { html } from 'lit';
import { showToast } from '../../shared/components/toast.ts';
import { SgForwardDialog } from '../components/sg-forward-dialog.ts';
import '../components/sg-forward-table.ts';
import { patchForward, removeForward } from '../data/forwards.ts';
import { t } from '../messages.ts';
import { runFormDialog } from './form-dialog.ts';
import type { PanelCaller } from './panel-caller.ts';
import { changePublication, confirmRemovePublication, type TableWords } from './publication-actions.ts';

const switchForward = async (caller: PanelCaller, id: string, enabled: boolean): Promise<void> => {
  const { api, forwards } = caller.edge;
  await changePublication(caller, id, forwards, () => patchForward(api, id, { enabled }));
};

const editForward = async (
  { edge, element }: PanelCaller,
  forward: Forward,
  nodeNames: ReadonlyMap<string, string>,
): Promise<void> => {
  const dialog = Object.assign(new SgForwardDialog(), { forward, nodeNames });
  const done = await runFormDialog(dialog, { send: (patch) => patchForward(edge.api, forward.id, patch) });
  if (done === undefined) return;
  edge.forwards.put(done.value);
  showToast(element, { tone: 'ok', text: t('host.saved') });
};

const confirmRemove = (caller: PanelCaller, { id, url }: Forward): Promise<void> =>
  confirmRemovePublication(
    caller,
    { id, place: url, list: caller.edge.forwards },
    { heading: t('forward.remove-heading'), removed: t('forward.removed') },
    () => removeForward(caller.edge.api, id),
  );

/** The table with its switches and buttons at work. */
export const forwardTable = (
  caller: PanelCaller,
  forwards: readonly Forward[],
  { hostBase, hostNames, nodeNames, lastUsed }: TableWords,
) =>
  html`<sg-forward-table
    .forwards=${[...forwards].sort((a, b) => a.edgePort - b.edgePort)}
    hostBase=${hostBase}
    .hostNames=${hostNames}
    .nodeNames=${nodeNames}
    .lastUsed=${lastUsed}
    .busyIds=${new Set(forwards.map(({ id }) => id as string).filter((id) => caller.actions.isBusy(id)))}
    @sg-switch-forward=${({ detail: { id, enabled } }: CustomEvent<{ id: string; enabled: boolean }>) =>
      void switchForward(caller, id, enabled)}
    @sg-edit-forward=${({ detail: forward }: CustomEvent<Forward>) => void editForward(caller, forward, nodeNames)}
    @sg-remove-forward=${({ detail: forward }: CustomEvent<Forward>) => void confirmRemove(caller, forward)}
  ></sg-forward-table>`;
