import { ContextConsumer } from '@lit/context';
import { html, type LitElement } from 'lit';
import { routerContext } from '../contexts.ts';
import { t } from '../i18n/common.ts';
import { matchRoute, type Route, type RouteMatch } from '../routing/router.ts';
import './sg-alert.ts';
import './sg-empty.ts';
import { SgElement } from './sg-element.ts';

/** What a panel is given: parameters of its path, and the query. */
export interface PanelElement extends LitElement {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

/** Loads and shows the panel of the current address, names the page, and moves the focus to its heading. */
export class SgOutlet extends SgElement {
  static override properties = {
    routes: { attribute: false },
    appName: { attribute: false },
    view: { state: true },
  };
  routes: readonly Route[] = [];
  appName = '';
  view: PanelElement | 'missing' | 'failed' | undefined;
  readonly #router = new ContextConsumer(this, { context: routerContext });
  #shownPath: string | undefined;
  #watching: Disposable | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watching = this.#router.value?.watch(() => void this.#follow());
    void this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watching?.[Symbol.dispose]();
    this.#shownPath = undefined;
  }

  protected override render() {
    if (this.view === 'missing') {
      return html`<div class="section">
        <sg-empty icon="search" heading=${t('app.not-found')} text=${t('app.not-found-hint')}>
          <a class="btn" href=${this.#router.value?.href('/') ?? '/'}>${t('app.not-found-back')}</a>
        </sg-empty>
      </div>`;
    }
    if (this.view === 'failed') {
      return html`<sg-alert tone="error" heading=${t('app.panel-failed')}>
        ${t('app.panel-failed-hint')}
        <button slot="actions" type="button" class="btn btn-small" @click=${() => location.reload()}>
          ${t('app.reload')}
        </button>
      </sg-alert>`;
    }
    return html`${this.view}`;
  }

  async #follow(): Promise<void> {
    const router = this.#router.value;
    if (router === undefined) return;
    const { path, query } = router;
    if (path === this.#shownPath && typeof this.view === 'object') {
      this.view.query = query;
      return;
    }
    const isFirst = this.#shownPath === undefined;
    this.#shownPath = path;
    const match = matchRoute(this.routes, path);
    document.title = `${match?.route.title ?? t('app.not-found')} · ${this.appName}`;
    const view = match === undefined ? 'missing' : await this.#load(match, query);
    if (this.#shownPath !== path) return;
    this.view = view;
    if (!isFirst) await this.#focusHeading();
  }

  async #load({ route, params }: RouteMatch, query: URLSearchParams): Promise<PanelElement | 'failed'> {
    try {
      await route.load();
    } catch {
      return 'failed';
    }
    return Object.assign(document.createElement(route.tag) as PanelElement, { params, query });
  }

  async #focusHeading(): Promise<void> {
    await this.updateComplete;
    globalThis.scrollTo?.({ top: 0 });
    if (typeof this.view !== 'object') return;
    await this.view.updateComplete;
    this.view.renderRoot.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }
}
customElements.define('sg-outlet', SgOutlet);
