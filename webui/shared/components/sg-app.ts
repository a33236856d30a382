import { ContextProvider } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import { apiContext, routerContext } from '../contexts.ts';
import { type ApiClient, createApiClient } from '../data/api-client.ts';
import { type ApiError, toApiError } from '../data/api-error.ts';
import type { EventSourceLike, EventStream, StreamState } from '../data/event-stream.ts';
import { t } from '../i18n/common.ts';
import {
  createBrowserRouter,
  interceptLinks,
  isCurrent,
  type MenuItem,
  type Router,
} from '../routing/router.ts';
import { appFrame } from '../styles/app.ts';
import './sg-account-menu.ts';
import './sg-alert.ts';
import { LEAVE_EVENT, type Leave, leaveTo } from './leave.ts';
import { SgElement } from './sg-element.ts';
import './sg-outlet.ts';
import './sg-skeleton.ts';
import type { SgToasts } from './sg-toasts.ts';
import './sg-toasts.ts';
import './sg-top-bar.ts';
import { showError, TOAST_EVENT, type Toast } from './toast.ts';

/** What an app takes from outside; the defaults are the browser's. */
export interface AppDeps {
  readonly fetch?: typeof fetch;
  readonly openEvents?: () => EventSourceLike;
  readonly router?: Router;
  readonly leave?: (leave: Leave) => void;
}

/** Before, without and with a session. `outside` draws the login or the first set-up. */
type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'outside'; readonly draw: () => TemplateResult }
  | { readonly kind: 'inside' };

/**
 * The frame of both apps: top bar, content, toasts, and the life of a session. A subclass says how a session is
 * found, what it opens, and what stands in the bar.
 */
export abstract class SgApp extends SgElement {
  static override properties = {
    deps: { attribute: false },
    phase: { state: true },
    streamState: { state: true },
  };
  static override styles = [SgElement.styles, appFrame];
  deps: AppDeps = {};
  phase: Phase = { kind: 'starting' };
  streamState: StreamState = 'connecting';
  protected router!: Router;
  protected api!: ApiClient;
  readonly #apiProvider = new ContextProvider(this, { context: apiContext });
  readonly #routerProvider = new ContextProvider(this, { context: routerContext });
  #owned: readonly Disposable[] = [];
  #sessionOwned: readonly Disposable[] = [];

  protected abstract readonly apiBase: string;
  protected abstract readonly appName: string;
  /** Finds out where we are and calls `enter` or `showOutside`; what it throws is shown with "Try again". */
  protected abstract begin(): Promise<void>;
  /** Shows the login with a sentence on why. */
  protected abstract askLogin(notice: string): Promise<void>;
  protected abstract endServerSession(): Promise<void>;
  /** The content inside a session: the outlet with its routes. */
  protected abstract renderInside(): TemplateResult;
  protected abstract renderBar(): TemplateResult;

  override connectedCallback(): void {
    super.connectedCallback();
    this.router = this.deps.router ?? createBrowserRouter();
    this.api = createApiClient({
      base: this.apiBase,
      serverName: location.host,
      onUnauthorized: () => this.#expire(),
      ...(this.deps.fetch === undefined ? {} : { fetch: this.deps.fetch }),
    });
    this.#apiProvider.setValue(this.api);
    this.#routerProvider.setValue(this.router);
    this.#owned = [interceptLinks(this, this.router), this.router.watch(() => this.requestUpdate())];
    this.addEventListener(TOAST_EVENT, this.#onToast);
    this.addEventListener(LEAVE_EVENT, this.#onLeave);
    void this.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const owned of this.#owned) owned[Symbol.dispose]();
    this.removeEventListener(TOAST_EVENT, this.#onToast);
    this.removeEventListener(LEAVE_EVENT, this.#onLeave);
    this.#leave();
  }

  /** (Re)starts from nothing: no session is assumed. */
  protected async start(): Promise<void> {
    this.#leave();
    this.phase = { kind: 'starting' };
    try {
      await this.begin();
    } catch (cause) {
      this.phase = { kind: 'failed', error: toApiError(cause) };
    }
  }

  protected showOutside(title: string, draw: () => TemplateResult): void {
    document.title = `${title} · ${this.appName}`;
    this.phase = { kind: 'outside', draw };
  }

  /** A session is open: `stream` and `owned` live as long as it does. */
  protected enter<E extends object>(stream: EventStream<E>, owned: readonly Disposable[]): void {
    this.#sessionOwned = [
      { [Symbol.dispose]: () => stream.close() },
      stream.watchState((state) => {
        this.streamState = state;
      }),
      ...owned,
    ];
    this.phase = { kind: 'inside' };
  }

  protected override render() {
    return html`<button type="button" class="btn skip" @click=${this.#skip}>${t('app.skip')}</button>
      ${this.phase.kind === 'inside' ? this.renderBar() : html`<sg-top-bar brand=${this.appName}></sg-top-bar>`}
      <main id="main" tabindex="-1">${this.#renderMain()}</main>
      <sg-toasts></sg-toasts>`;
  }

  /** The bar inside a session. */
  protected renderTopBar(options: {
    readonly place: string;
    readonly menu: readonly MenuItem[];
    readonly account: TemplateResult;
  }): TemplateResult {
    const items = options.menu.map((item) => ({
      href: this.router.href(item.path),
      label: item.label,
      current: isCurrent(item, this.router.path),
    }));
    return html`<sg-top-bar
      brand=${this.appName}
      place=${options.place}
      home=${this.router.href('/')}
      .items=${items}
      stream=${this.streamState}
      @sg-log-out=${this.#logOut}
      >${options.account}</sg-top-bar
    >`;
  }

  #renderMain() {
    switch (this.phase.kind) {
      case 'starting':
        return html`<sg-skeleton></sg-skeleton>`;
      case 'failed':
        return html`<div class="splash">
          <sg-alert .error=${this.phase.error} retry @sg-retry=${() => void this.start()}></sg-alert>
        </div>`;
      case 'outside':
        return this.phase.draw();
      case 'inside':
        return this.renderInside();
    }
  }

  #leave(): void {
    for (const owned of this.#sessionOwned) owned[Symbol.dispose]();
    this.#sessionOwned = [];
    this.streamState = 'connecting';
  }

  /** Several requests may be refused at once; the first one leads to the login. */
  #expire(): void {
    if (this.phase.kind !== 'inside') return;
    this.#leave();
    this.phase = { kind: 'starting' };
    this.api.csrf = '';
    void this.askLogin(t('app.session-expired'));
  }

  readonly #logOut = async (): Promise<void> => {
    try {
      await this.endServerSession();
      await this.start();
    } catch (cause) {
      showError(this, toApiError(cause));
    }
  };

  readonly #onToast = (event: Event): void => {
    this.renderRoot.querySelector<SgToasts>('sg-toasts')?.push((event as CustomEvent<Toast>).detail);
  };

  readonly #onLeave = (event: Event): void =>
    (this.deps.leave ?? leaveTo)((event as CustomEvent<Leave>).detail);

  /** A button, for a link's `#main` would be looked for outside the shadow root. */
  readonly #skip = (): void => {
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  };
}
