/**
 * The edge's web UI: login, then the pages over one event stream. Everything it needs from the browser comes in
 * `deps`, so that it runs in tests and inside another page. Must not import: portal.
 */
import { ContextProvider } from '@lit/context';
import type { EdgeSession } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../shared/components/sg-account-menu.ts';
import '../shared/components/sg-alert.ts';
import { SgElement } from '../shared/components/sg-element.ts';
import '../shared/components/sg-outlet.ts';
import '../shared/components/sg-skeleton.ts';
import type { SgToasts } from '../shared/components/sg-toasts.ts';
import '../shared/components/sg-toasts.ts';
import '../shared/components/sg-top-bar.ts';
import { showError, TOAST_EVENT, type Toast } from '../shared/components/toast.ts';
import { apiContext, routerContext } from '../shared/contexts.ts';
import { type ApiClient, createApiClient } from '../shared/data/api-client.ts';
import { type ApiError, toApiError } from '../shared/data/api-error.ts';
import type { EventSourceLike, StreamState } from '../shared/data/event-stream.ts';
import { createBrowserRouter, interceptLinks, isCurrent, type Router } from '../shared/routing/router.ts';
import { appFrame } from '../shared/styles/app.ts';
import { openEdgeStream } from './data/edge-stream.ts';
import { fetchSession, logIn, logOut, takeTicket } from './data/session.ts';
import { t } from './messages.ts';
import { createEdgeResources, type EdgeResources, edgeContext } from './resources.ts';
import { menu, routes } from './routes.ts';

/** What the app takes from outside; the defaults are the browser's. */
export interface AppDeps {
  readonly fetch?: typeof fetch;
  readonly openEvents?: () => EventSourceLike;
  readonly router?: Router;
}

type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'login'; readonly notice: string; readonly error?: ApiError }
  | { readonly kind: 'ready'; readonly edge: EdgeResources };

/** The whole app. */
export class SgEdgeApp extends SgElement {
  static override properties = {
    deps: { attribute: false },
    phase: { state: true },
    streamState: { state: true },
  };
  static override styles = [SgElement.styles, appFrame];
  deps: AppDeps = {};
  phase: Phase = { kind: 'starting' };
  streamState: StreamState = 'connecting';
  readonly #edge = new ContextProvider(this, { context: edgeContext });
  readonly #apiProvider = new ContextProvider(this, { context: apiContext });
  readonly #routerProvider = new ContextProvider(this, { context: routerContext });
  #router!: Router;
  #api!: ApiClient;
  #owned: readonly Disposable[] = [];
  #sessionOwned: readonly Disposable[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#router = this.deps.router ?? createBrowserRouter();
    this.#api = createApiClient({
      base: '/api',
      serverName: location.host,
      onUnauthorized: () => this.#endSession(t('login.expired')),
      ...(this.deps.fetch === undefined ? {} : { fetch: this.deps.fetch }),
    });
    this.#apiProvider.setValue(this.#api);
    this.#routerProvider.setValue(this.#router);
    this.#owned = [interceptLinks(this, this.#router), this.#router.watch(() => this.requestUpdate())];
    this.addEventListener(TOAST_EVENT, this.#onToast);
    // The portal may send a ticket to a tab that is open already: then only the fragment changes.
    window.addEventListener('hashchange', this.#onHash);
    void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const owned of this.#owned) owned[Symbol.dispose]();
    this.removeEventListener(TOAST_EVENT, this.#onToast);
    window.removeEventListener('hashchange', this.#onHash);
    this.#leaveSession();
  }

  protected override render() {
    const { phase } = this;
    return html`<a class="skip" href="#main" @click=${this.#skip}>${t('app.skip')}</a>
      ${this.#renderBar()}
      <main id="main" tabindex="-1">${this.#renderMain(phase)}</main>
      <sg-toasts></sg-toasts>`;
  }

  #renderBar() {
    if (this.phase.kind !== 'ready') return html`<sg-top-bar brand=${t('app.name')}></sg-top-bar>`;
    const { user } = this.phase.edge.session;
    const items = menu.map((item) => ({
      href: this.#router.href(item.path),
      label: item.label,
      current: isCurrent(item, this.#router.path),
    }));
    const detail = `${t(`user-role.${user.role}`)}, ${t(`account.via-${user.via}`)}`;
    return html`<sg-top-bar
      brand=${t('app.name')}
      place=${this.phase.edge.status.state.value?.node?.name ?? ''}
      home=${this.#router.href('/')}
      .items=${items}
      stream=${this.streamState}
    >
      <sg-account-menu slot="account" name=${user.name} .detail=${detail} @sg-log-out=${this.#logOut}></sg-account-menu>
    </sg-top-bar>`;
  }

  #renderMain(phase: Phase) {
    switch (phase.kind) {
      case 'starting':
        return html`<sg-skeleton></sg-skeleton>`;
      case 'failed':
        return html`<div class="splash">
          <sg-alert .error=${phase.error} retry @sg-retry=${() => void this.#start()}></sg-alert>
        </div>`;
      case 'login':
        return html`<sg-login-panel .notice=${phase.notice} .error=${phase.error} @sg-logged-in=${this.#onLoggedIn}></sg-login-panel>`;
      case 'ready':
        return html`<sg-outlet .routes=${routes} appName=${t('app.name')}></sg-outlet>`;
      default:
        return nothing;
    }
  }

  async #start(): Promise<void> {
    const ticket = takeTicket(window);
    try {
      const session =
        ticket === undefined ? await fetchSession(this.#api) : await logIn(this.#api, { ticket });
      if (session === undefined) await this.#askLogin('');
      else this.#enter(session);
    } catch (cause) {
      const error = toApiError(cause);
      if (ticket !== undefined && error.status !== 0) await this.#askLogin(t('login.ticket-failed'), error);
      else this.phase = { kind: 'failed', error };
    }
  }

  async #askLogin(notice: string, error?: ApiError): Promise<void> {
    await import('./panels/sg-login-panel.ts');
    document.title = `${t('login.submit')} · ${t('app.name')}`;
    this.phase = { kind: 'login', notice, ...(error === undefined ? {} : { error }) };
  }

  #enter(session: EdgeSession): void {
    const stream = openEdgeStream(this.deps.openEvents);
    const edge = createEdgeResources(this.#api, stream, session);
    this.#edge.setValue(edge);
    this.#sessionOwned = [
      { [Symbol.dispose]: () => stream.close() },
      stream.watchState((state) => {
        this.streamState = state;
      }),
      // The name of the edge stands in the top bar on every page.
      edge.status.watch(() => this.requestUpdate()),
    ];
    this.phase = { kind: 'ready', edge };
  }

  #leaveSession(): void {
    for (const owned of this.#sessionOwned) owned[Symbol.dispose]();
    this.#sessionOwned = [];
    this.streamState = 'connecting';
  }

  #endSession(notice: string): void {
    if (this.phase.kind !== 'ready') return;
    this.#leaveSession();
    this.#api.csrf = '';
    void this.#askLogin(notice);
  }

  readonly #onLoggedIn = (event: CustomEvent<EdgeSession>): void => this.#enter(event.detail);

  readonly #logOut = async (): Promise<void> => {
    try {
      await logOut(this.#api);
      this.#endSession('');
    } catch (cause) {
      showError(this, toApiError(cause));
    }
  };

  readonly #onHash = (): void => {
    if (!location.hash.startsWith('#ticket=')) return;
    this.#leaveSession();
    this.phase = { kind: 'starting' };
    void this.#start();
  };

  readonly #onToast = (event: Event): void => {
    this.renderRoot.querySelector<SgToasts>('sg-toasts')?.push((event as CustomEvent<Toast>).detail);
  };

  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  };
}
customElements.define('sg-edge-app', SgEdgeApp);
