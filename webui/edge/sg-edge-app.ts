/**
 * The edge's web UI: login, then the pages over one event stream. Everything it needs from the browser comes in
 * `deps`, so that it runs in tests and inside another page. Must not import: portal.
 */
import { ContextProvider } from '@lit/context';
import type { EdgeSession } from '@sidegate/protocol';
import { html } from 'lit';
import { SgApp } from '../shared/components/sg-app.ts';
import { showError } from '../shared/components/toast.ts';
import { type ApiError, toApiError } from '../shared/data/api-error.ts';
import './components/sg-pending-changes.ts';
import { openEdgeStream } from './data/edge-stream.ts';
import { fetchSession, logIn, logOut, takeTicket } from './data/session.ts';
import { answerPending } from './data/status.ts';
import { t } from './messages.ts';
import { createEdgeResources, type EdgeResources, edgeContext } from './resources.ts';
import { menu, routes } from './routes.ts';

/** The whole app. */
export class SgEdgeApp extends SgApp {
  protected override readonly apiBase = '/api';
  protected override readonly appName = t('app.name');
  #isAnswering = false;
  readonly #provider = new ContextProvider(this, { context: edgeContext });

  get #edge(): EdgeResources {
    return this.#provider.value;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // The portal may send a ticket to a tab that is open already: then only the fragment changes.
    window.addEventListener('hashchange', this.#onHash);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('hashchange', this.#onHash);
  }

  protected override async begin(): Promise<void> {
    const ticket = takeTicket(window);
    if (ticket !== undefined) return this.#useTicket(ticket);
    const session = await fetchSession(this.api);
    if (session === undefined) await this.askLogin('');
    else this.#open(session);
  }

  async #useTicket(ticket: string): Promise<void> {
    try {
      this.#open(await logIn(this.api, { ticket }));
    } catch (cause) {
      const error = toApiError(cause);
      if (error.status === 0) throw error;
      await this.askLogin(t('login.ticket-failed'), error);
    }
  }

  protected override async askLogin(notice: string, error?: ApiError): Promise<void> {
    await import('./panels/sg-login-panel.ts');
    this.showOutside(
      t('login.submit'),
      () =>
        html`<sg-login-panel .notice=${notice} .error=${error} @sg-logged-in=${this.#onLoggedIn}></sg-login-panel>`,
    );
  }

  protected override endServerSession(): Promise<void> {
    return logOut(this.api);
  }

  protected override renderInside() {
    const { pending = [] } = this.#edge.status.state.value ?? {};
    return html`<sg-pending-changes
        .pending=${pending}
        ?busy=${this.#isAnswering}
        @sg-confirm=${() => void this.#answer('confirm')}
        @sg-undo=${() => void this.#answer('undo')}
      ></sg-pending-changes>
      <sg-outlet .routes=${routes} .appName=${this.appName}></sg-outlet>`;
  }

  protected override renderBar() {
    const { user } = this.#edge.session;
    const detail = `${t(`user-role.${user.role}`)}, ${t(`account.via-${user.via}`)}`;
    return this.renderTopBar({
      place: this.#edge.status.state.value?.node?.name ?? '',
      menu,
      account: html`<sg-account-menu slot="account" name=${user.name} detail=${detail}></sg-account-menu>`,
    });
  }

  /** Keeps what waits to be confirmed, or puts it back; the status, and lists, say what came of it. */
  async #answer(how: 'confirm' | 'undo'): Promise<void> {
    this.#isAnswering = true;
    this.requestUpdate();
    try {
      await answerPending(this.api, how);
      this.#edge.status.refresh();
    } catch (cause) {
      showError(this, toApiError(cause));
    }
    this.#isAnswering = false;
    this.requestUpdate();
  }

  #open(session: EdgeSession): void {
    const stream = openEdgeStream(this.deps.openEvents);
    const edge = createEdgeResources(this.api, stream, session);
    this.#provider.setValue(edge);
    // The name of the edge stands in the top bar on every page.
    this.enter(stream, [edge.status.watch(() => this.requestUpdate())]);
  }

  readonly #onLoggedIn = (event: CustomEvent<EdgeSession>): void => this.#open(event.detail);

  readonly #onHash = (): void => {
    if (location.hash.startsWith('#ticket=')) void this.start();
  };
}
customElements.define('sg-edge-app', SgEdgeApp);
