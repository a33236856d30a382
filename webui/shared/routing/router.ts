/**
 * Routing with plain history URLs. A path is relative to the base under which the app is mounted; the server
 * answers every unknown path with the app. Must not import Lit.
 */

/** A page: `load` fetches the code of the element `tag` when it is first needed. */
export interface Route {
  /** `/hosts/:id`; parameters are one segment. */
  readonly path: string;
  readonly tag: string;
  readonly title: string;
  readonly load: () => Promise<unknown>;
}

/** An entry of the main menu. `covers` are further path prefixes that light it up. */
export interface MenuItem {
  readonly path: string;
  readonly label: string;
  readonly covers?: readonly string[];
}

/** A matched route with its decoded parameters. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split('/').filter(Boolean);
  const found = path.split('/').filter(Boolean);
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = found[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeSegment(segment);
    else if (part !== segment) return undefined;
  }
  return params;
};

/** The first route whose path matches. */
export const matchRoute = (routes: readonly Route[], path: string): RouteMatch | undefined => {
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
};

/** Whether a menu item is the current one. */
export const isCurrent = (item: MenuItem, path: string): boolean =>
  [item.path, ...(item.covers ?? [])].some((prefix) =>
    prefix === '/' ? path === '/' : path === prefix || path.startsWith(`${prefix}/`),
  );

/** Where the app is, and how to go elsewhere. */
export interface Router {
  readonly path: string;
  readonly query: URLSearchParams;
  navigate(to: string, options?: { readonly replace?: boolean }): void;
  watch(listener: () => void): Disposable;
  /** The address of a path, for `href`. */
  href(path: string): string;
}

const createRouter = (options: {
  readonly read: () => URL;
  readonly write: (href: string, replace: boolean) => void;
  readonly base: string;
}): Router & { changed(): void } => {
  const listeners = new Set<() => void>();
  const base = options.base.replace(/\/$/, '');
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  return {
    get path() {
      const { pathname } = options.read();
      const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
      return path === '' ? '/' : path;
    },
    get query() {
      return options.read().searchParams;
    },
    navigate: (to, { replace = false } = {}) => {
      options.write(`${base}${to}`, replace);
      changed();
    },
    watch: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    href: (path) => `${base}${path}`,
    changed,
  };
};

/** The router over the window's own history. */
export const createBrowserRouter = (view: Window = window, base = '/'): Router => {
  const router = createRouter({
    base,
    read: () => new URL(view.location.href),
    write: (href, replace) => view.history[replace ? 'replaceState' : 'pushState'](null, '', href),
  });
  view.addEventListener('popstate', router.changed);
  return router;
};

/** A router without a window, for tests and for living inside another page. */
export const createMemoryRouter = (initial = '/'): Router => {
  let current = new URL(initial, 'http://memory.invalid');
  return createRouter({
    base: '/',
    read: () => current,
    write: (href) => {
      current = new URL(href, current);
    },
  });
};

const isPlainClick = (event: MouseEvent): boolean =>
  !event.defaultPrevented &&
  event.button === 0 &&
  !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

/** Turns clicks on links to the app's own pages, also inside shadow roots, into navigation. */
export const interceptLinks = (root: EventTarget, router: Router): Disposable => {
  const onClick = (event: Event): void => {
    if (!(event instanceof MouseEvent) || !isPlainClick(event)) return;
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    if (link === undefined || link.target !== '' || link.hasAttribute('download')) return;
    if (!link.hasAttribute('href') || link.origin !== location.origin || link.rel === 'external') return;
    const base = router.href('/');
    if (!link.pathname.startsWith(base)) return;
    event.preventDefault();
    router.navigate(`/${link.pathname.slice(base.length)}${link.search}`);
  };
  root.addEventListener('click', onClick);
  return { [Symbol.dispose]: () => root.removeEventListener('click', onClick) };
};
