/**
 * Panels: one element per page, fetched when first opened. They join data and components; only they call data
 * modules. Must not import: other panels.
 */
import { ContextConsumer } from '@lit/context';
import { SgPanel } from '../../shared/components/sg-panel.ts';
import { LiveController } from '../../shared/controllers/live-controller.ts';
import type { Live } from '../../shared/data/live.ts';
import { type EdgeResources, edgeContext } from '../resources.ts';

/** A page of the edge app, with its resources. */
export class EdgePanel extends SgPanel {
  readonly #edge = new ContextConsumer(this, { context: edgeContext });

  /** Present while the panel is in the app. */
  protected get edge(): EdgeResources {
    return this.#edge.value!;
  }

  /** Watches a live resource while the panel is shown. */
  protected live<T>(pick: (edge: EdgeResources) => Live<T>): LiveController<T> {
    return new LiveController(this, () => pick(this.edge));
  }
}
