/**
 * Panels: one element per page, fetched when first opened. They join data and components; only they call data
 * modules. Must not import: other panels.
 */
import { ContextConsumer } from '@lit/context';
import { LEAVE_EVENT } from '../../shared/components/leave.ts';
import { SgPanel } from '../../shared/components/sg-panel.ts';
import { routerContext } from '../../shared/contexts.ts';
import { ActionController } from '../../shared/controllers/action-controller.ts';
import { LiveController } from '../../shared/controllers/live-controller.ts';
import type { Live } from '../../shared/data/live.ts';
import type { Router } from '../../shared/routing/router.ts';
import { type PortalResources, portalContext } from '../resources.ts';

/** A page of the portal, with its resources and the state of its writes. */
export class PortalPanel extends SgPanel {
  readonly #portal = new ContextConsumer(this, { context: portalContext });
  readonly #router = new ContextConsumer(this, { context: routerContext });
  protected readonly actions = new ActionController(this);

  /** Present while the panel is in the app. */
  protected get portal(): PortalResources {
    return this.#portal.value!;
  }

  protected get router(): Router {
    return this.#router.value!;
  }

  /** Watches a live resource while the panel is shown. */
  protected live<T>(pick: (portal: PortalResources) => Live<T>): LiveController<T> {
    return new LiveController(this, () => pick(this.portal));
  }

  /** Leaves for another site; `replace` keeps this page out of the history. */
  protected goTo(url: string, replace = false): void {
    this.emit(LEAVE_EVENT, { url, replace });
  }
}
