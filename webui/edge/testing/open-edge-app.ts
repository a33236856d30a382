/** The edge app in a page, over the fake edge, for browser tests. */
import { createFakeClient } from '../../fake/fake-client.ts';
import { createFakeEdge, EDGE_PASSWORD } from '../../fake/fake-edge.ts';
import { createMemoryRouter } from '../../shared/routing/router.ts';
import { button, find, type, waitFor } from '../../testing.ts';
import { SgEdgeApp } from '../sg-edge-app.ts';

/** Where to begin, with what, and how fast a scan goes. */
interface Options {
  readonly path?: string;
  readonly empty?: boolean;
  readonly stepMs?: number;
}

/** Puts the app into the page, at its login. */
export const mount = (options: Options = {}) => {
  const api = createFakeEdge({ empty: options.empty ?? false, stepMs: options.stepMs ?? 10 });
  const client = createFakeClient(api);
  const router = createMemoryRouter(options.path ?? '/');
  const app = new SgEdgeApp();
  app.deps = { fetch: client.fetch, openEvents: client.openEvents, router };
  document.body.append(app);
  return { api, client, router, app, root: app.shadowRoot! };
};

/** Logs in with the password. */
export const logIn = async (root: ShadowRoot): Promise<void> => {
  await type(root, 'Password', EDGE_PASSWORD);
  (await button(root, 'Log in')).click();
};

/** Puts the app into the page, logged in. */
export const enter = async (options: Options = {}) => {
  const mounted = mount(options);
  await logIn(mounted.root);
  await waitFor('the menu', () => find(mounted.root, 'nav a', 'Hosts'));
  return mounted;
};

/** The question that is open just now. */
export const question = async (): Promise<ShadowRoot> =>
  await waitFor('a question', () => document.querySelector('sg-confirm')?.shadowRoot ?? undefined);

/** The form in a modal that is open just now. */
export const formDialog = async (tag: string): Promise<ShadowRoot> =>
  await waitFor(tag, () => document.querySelector(tag)?.shadowRoot ?? undefined);

/** Leaves the page as it was, for `afterEach`. */
export const clearPage = (): void => {
  document.body.replaceChildren();
  document.documentElement.style.colorScheme = '';
  history.replaceState(null, '', location.pathname + location.search);
};
