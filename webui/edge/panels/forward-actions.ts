/** Switching and removing forwards, the same on every page that lists them. */
import type { Forward } from '@sidegate/protocol';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import { showError, showToast } from '../../shared/components/toast.ts';
import type { ActionController } from '../../shared/controllers/action-controller.ts';
import { patchForward, removeForward } from '../data/forwards.ts';
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

/** Turns a forward on or off. */
export const switchForward = async (caller: Caller, id: string, enabled: boolean): Promise<void> => {
  const changed = await caller.actions.run(id, () => patchForward(caller.edge.api, id, { enabled }));
  if (changed !== undefined) caller.edge.forwards.put(changed);
  tell(caller, id);
};

/** Removes a forward after asking. */
export const confirmRemoveForward = async (caller: Caller, { id, url }: Forward): Promise<void> => {
  const isSure = await askConfirm({
    heading: t('forward.remove-heading'),
    text: t('forward.remove-text', { url }),
    confirm: t('forward.remove'),
    danger: true,
  });
  if (!isSure) return;
  const done = await caller.actions.run(id, async () => {
    await removeForward(caller.edge.api, id);
    return true;
  });
  if (done === true) {
    caller.edge.forwards.drop(id);
    showToast(caller.element, { tone: 'ok', text: t('forward.removed') });
  }
  tell(caller, id);
};
