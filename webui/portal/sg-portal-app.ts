/**
 * The portal: first set-up, login, then the pages over one event stream. Everything it needs from the browser comes
 * in `deps`, so that it runs in tests and inside another page. Must not import: edge.
 */
import { ContextProvider } from '@lit/context';
import type { PendingEnrolment, PortalSession } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import { SgApp } from '../shared/components/sg-app.ts';
import { openPortalStream } from './data/portal-stream.ts';
import { enrollableRoles } from './data/roles.ts';
import { fetchSession, fetchState, logOut } from './data/session.ts';
import { t } from './messages.ts';
import { createPortalResources, type PortalResources, portalContext } from './resources.ts';
import { menuFor, routes } from './routes.ts';

/** The whole app. */
export class SgPortalApp extends SgApp {
  static override properties = { ...SgApp.properties, waiting: { state: true } };
  /** Machines that asked to join while this page was open, newest last. */
  waiting: readonly PendingEnrolment[] = [];
  protected override readonly apiBase = '/v1/portal';
  protected override readonly appName = t('app.name');
  readonly #provider = new ContextProvider(this, { context: portalContext });

  get #portal(): PortalResources {
    return this.#provider.value;
  }

  protected override async begin(): Promise<void> {
    const [state, session] = await Promise.all([fetchState(this.api), fetchSession(this.api)]);
    if (state.setupNeeded) {
      await import('./panels/sg-setup-panel.ts');
      this.showOutside(
        t('setup.title'),
        () =>
          html`<sg-setup-panel baseDomain=${state.baseDomain} @sg-logged-in=${this.#onLoggedIn}></sg-setup-panel>`,
      );
    } else if (session === undefined) await this.askLogin('');
    else this.#open(session);
  }

  protected override async askLogin(notice: string): Promise<void> {
    await import('./panels/sg-login-panel.ts');
    this.showOutside(
      t('login.title'),
      () => html`<sg-login-panel notice=${notice} @sg-logged-in=${this.#onLoggedIn}></sg-login-panel>`,
    );
  }

  protected override endServerSession(): Promise<void> {
    return logOut(this.api);
  }

  protected override renderInside() {
    return html`${this.#renderWaiting()}<sg-outlet .routes=${routes} .appName=${this.appName}></sg-outlet>`;
  }

  protected override renderBar() {
    const { user, account } = this.#portal.session;
    return this.renderTopBar({
      place: account.name,
      menu: menuFor(user.role),
      account: html`<sg-account-menu slot="account" name=${user.name} detail=${`${user.email}, ${t(`user-role.${user.role}`)}`}>
        <a class="btn btn-plain" href=${this.router.href('/account')}>${t('menu.account')}</a>
      </sg-account-menu>`,
    });
  }

  #renderWaiting() {
    if (this.router.path === '/approve') return nothing;
    const mayLetIn = enrollableRoles(this.#portal.session.user.role);
    return this.waiting
      .filter(({ expiresAt, role }) => expiresAt > Date.now() && mayLetIn.includes(role))
      .map(
        ({ name, code }) => html`<sg-alert tone="info" heading=${t('request.heading', { name, code })}>
          <a slot="actions" class="btn btn-small" href="${this.router.href('/approve')}?code=${code}">
            ${t('request.review')}
          </a>
        </sg-alert>`,
      );
  }

  #open(session: PortalSession): void {
    const stream = openPortalStream(this.deps.openEvents);
    this.#provider.setValue(createPortalResources(this.api, stream, session));
    this.waiting = [];
    this.enter(stream, [
      stream.on('enrolment.requested', (request) => {
        this.waiting = [...this.waiting.filter(({ code }) => code !== request.code), request].slice(-3);
      }),
      this.router.watch(() => this.#forgetReviewed()),
    ]);
  }

  /** A request that was looked at needs no banner any more. */
  #forgetReviewed(): void {
    if (this.router.path !== '/approve') return;
    const reviewed = this.router.query.get('code');
    this.waiting = this.waiting.filter(({ code }) => code !== reviewed);
  }

  readonly #onLoggedIn = (event: CustomEvent<PortalSession>): void => this.#open(event.detail);
}
customElements.define('sg-portal-app', SgPortalApp);
