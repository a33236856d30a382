/** What actions that several panels share need of the panel that asked for them. */
import type { ActionController } from '../../shared/controllers/action-controller.ts';
import type { EdgeResources } from '../resources.ts';

/** The asking panel. */
export interface PanelCaller {
  readonly element: EventTarget;
  readonly edge: EdgeResources;
  readonly actions: ActionController;
}
