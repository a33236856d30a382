/** Switching and removing forwards, the same on every page that lists them. */
import type { Forward } from '@sidegate/protocol';
import { patchForward, removeForward } from '../data/forwards.ts';
import { t } from '../messages.ts';
import type { PanelCaller } from './panel-caller.ts';
import { changePublication, confirmRemovePublication } from './publication-actions.ts';

/** Turns a forward on or off. */
export const switchForward = async (caller: PanelCaller, id: string, enabled: boolean): Promise<void> => {
  const { api, forwards } = caller.edge;
  await changePublication(caller, id, forwards, () => patchForward(api, id, { enabled }));
};

/** Removes a forward after asking. */
export const confirmRemoveForward = (caller: PanelCaller, { id, url }: Forward): Promise<void> =>
  confirmRemovePublication(
    caller,
    { id, place: url, list: caller.edge.forwards },
    { heading: t('forward.remove-heading'), removed: t('forward.removed') },
    () => removeForward(caller.edge.api, id),
  );
