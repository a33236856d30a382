/** Pages of the edge app; each is fetched when it is first opened. */
import type { MenuItem, Route } from '../shared/routing/router.ts';
import { t } from './messages.ts';

export const routes: readonly Route[] = [
  {
    path: '/',
    tag: 'sg-overview-panel',
    title: t('menu.overview'),
    load: () => import('./panels/sg-overview-panel.ts'),
  },
  {
    path: '/hosts',
    tag: 'sg-hosts-panel',
    title: t('menu.hosts'),
    load: () => import('./panels/sg-hosts-panel.ts'),
  },
  {
    path: '/hosts/:id',
    tag: 'sg-host-panel',
    title: t('hosts.name'),
    load: () => import('./panels/sg-host-panel.ts'),
  },
  {
    path: '/forwards',
    tag: 'sg-forwards-panel',
    title: t('menu.forwards'),
    load: () => import('./panels/sg-forwards-panel.ts'),
  },
  {
    path: '/access',
    tag: 'sg-access-panel',
    title: t('menu.access'),
    load: () => import('./panels/sg-access-panel.ts'),
  },
  {
    path: '/scopes',
    tag: 'sg-scopes-panel',
    title: t('menu.scopes'),
    load: () => import('./panels/sg-scopes-panel.ts'),
  },
  {
    path: '/peers',
    tag: 'sg-peers-panel',
    title: t('menu.peers'),
    load: () => import('./panels/sg-peers-panel.ts'),
  },
];

export const menu: readonly MenuItem[] = [
  { path: '/', label: t('menu.overview') },
  { path: '/hosts', label: t('menu.hosts') },
  { path: '/forwards', label: t('menu.forwards') },
  { path: '/access', label: t('menu.access') },
  { path: '/scopes', label: t('menu.scopes') },
  { path: '/peers', label: t('menu.peers') },
];
