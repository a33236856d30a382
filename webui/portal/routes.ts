/** Pages of the portal; each is fetched when it is first opened. */
import type { UserRole } from '@sidegate/protocol';
import type { MenuItem, Route } from '../shared/routing/router.ts';
import { canAdministrate } from './data/roles.ts';
import { t } from './messages.ts';

export const routes: readonly Route[] = [
  {
    path: '/',
    tag: 'sg-edges-panel',
    title: t('menu.edges'),
    load: () => import('./panels/sg-edges-panel.ts'),
  },
  {
    path: '/open/:id',
    tag: 'sg-open-panel',
    title: t('edge.open'),
    load: () => import('./panels/sg-open-panel.ts'),
  },
  {
    path: '/nodes/:id',
    tag: 'sg-node-panel',
    title: t('node.details'),
    load: () => import('./panels/sg-node-panel.ts'),
  },
  {
    path: '/machines',
    tag: 'sg-machines-panel',
    title: t('menu.machines'),
    load: () => import('./panels/sg-machines-panel.ts'),
  },
  { path: '/add', tag: 'sg-add-panel', title: t('menu.add'), load: () => import('./panels/sg-add-panel.ts') },
  {
    path: '/device',
    tag: 'sg-device-panel',
    title: t('device.title'),
    load: () => import('./panels/sg-device-panel.ts'),
  },
  {
    path: '/device/:id',
    tag: 'sg-device-panel',
    title: t('device.renew'),
    load: () => import('./panels/sg-device-panel.ts'),
  },
  {
    path: '/approve',
    tag: 'sg-approve-panel',
    title: t('approve.title'),
    load: () => import('./panels/sg-approve-panel.ts'),
  },
  {
    path: '/users',
    tag: 'sg-users-panel',
    title: t('menu.users'),
    load: () => import('./panels/sg-users-panel.ts'),
  },
  {
    path: '/audit',
    tag: 'sg-audit-panel',
    title: t('menu.audit'),
    load: () => import('./panels/sg-audit-panel.ts'),
  },
  {
    path: '/account',
    tag: 'sg-account-panel',
    title: t('menu.account'),
    load: () => import('./panels/sg-account-panel.ts'),
  },
];

const everyone: readonly MenuItem[] = [
  { path: '/', label: t('menu.edges') },
  { path: '/machines', label: t('menu.machines'), covers: ['/device'] },
  { path: '/add', label: t('menu.add'), covers: ['/approve'] },
];
const administrators: readonly MenuItem[] = [
  { path: '/users', label: t('menu.users') },
  { path: '/audit', label: t('menu.audit') },
];

/** The main menu, without what the role would be refused. */
export const menuFor = (role: UserRole): readonly MenuItem[] =>
  canAdministrate(role) ? [...everyone, ...administrators] : everyone;
