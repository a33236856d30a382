/**
 * Panels: one element per page, fetched when first opened. They join data and components; only they call data
 * modules. Must not import: other panels.
 */
import { ContextConsumer } from '@lit/context';
import { LEAVE_EVENT } from '../../shared/components/leave.ts';
import { SgPanel } from '../../shared/components/sg-panel.ts';
import { LiveController } from '../../shared/controllers/live-controller.ts';
import type { Live } from '../../shared/data/live.ts';
import { type PortalResources, portalContext } from '../resources.ts';

/** A page of the portal, with its resources. */
export class PortalPanel extends SgPanel {
  readonly #portal = new ContextConsumer(this, { context: portalContext });

  /** Present while the panel is in the app. */
  protected get portal(): PortalResources {
    return this.#portal.value!;
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
