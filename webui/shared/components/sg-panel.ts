import { ContextConsumer } from '@lit/context';
import { routerContext } from '../contexts.ts';
import { ActionController } from '../controllers/action-controller.ts';
import type { Router } from '../routing/router.ts';
import { SgElement } from './sg-element.ts';

/** Base of every page: what the outlet hands over, where to go next, and the state of its writes. */
export class SgPanel extends SgElement {
  static override properties = { params: { attribute: false }, query: { attribute: false } };
  params: Readonly<Record<string, string>> = {};
  query = new URLSearchParams();
  readonly #router = new ContextConsumer(this, { context: routerContext });
  protected readonly actions = new ActionController(this);

  /** Present while the panel is in the app. */
  protected get router(): Router {
    return this.#router.value!;
  }
}
