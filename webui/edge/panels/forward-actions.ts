/** Switching, changing and removing forwards, the same on every page that lists them. */
import type { Forward } from '@sidegate/protocol';
import { html } from 'lit';
import { SgForwardDialog } from '../components/sg-forward-dialog.ts';
import '../components/sg-forward-table.ts';
import { patchForward, removeForward } from '../data/forwards.ts';
import { t } from '../messages.ts';
import type { PanelCaller } from './panel-caller.ts';
import {
  changePublication,
  confirmRemovePublication,
  editPublication,
  type TableWords,
} from './publication-actions.ts';

const switchForward = async (caller: PanelCaller, id: string, enabled: boolean): Promise<void> => {
  const { api, forwards } = caller.edge;
  await changePublication(caller, id, forwards, () => patchForward(api, id, { enabled }));
};

const editForward = (
  caller: PanelCaller,
  forward: Forward,
  nodeNames: ReadonlyMap<string, string>,
): Promise<void> => {
  const { api, forwards } = caller.edge;
  const dialog = Object.assign(new SgForwardDialog(), { forward, nodeNames });
  return editPublication(caller, forwards, dialog, (patch) => patchForward(api, forward.id, patch));
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
