/** What actions that several panels share need of the panel that asked for them. */
import { showError } from '../../shared/components/toast.ts';
import type { ActionController } from '../../shared/controllers/action-controller.ts';
import type { EdgeResources } from '../resources.ts';

/** The asking panel. */
export interface PanelCaller {
  readonly element: EventTarget;
  readonly edge: EdgeResources;
  readonly actions: ActionController;
}

/** Shows what went wrong with an action, if anything did. */
export const tellError = ({ element, actions }: PanelCaller, key: string): void => {
  const error = actions.error(key);
  if (error !== undefined) showError(element, error);
};
