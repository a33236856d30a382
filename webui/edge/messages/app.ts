/** Menu, login, and who is logged in. */
export const appMessages = {
  'app.name': 'Sidegate',
  'menu.overview': 'Overview',
  'menu.hosts': 'Hosts',
  'menu.forwards': 'Forwards',
  'menu.access': 'Access',
  'menu.scopes': 'Networks',
  'menu.peers': 'Peers',
  'login.title': 'Log in to {name}',
  'login.text':
    'This is the web UI of an edge. Come through the portal, or use the password of this machine.',
  'login.password': 'Password',
  'login.submit': 'Log in',
  'login.portal': 'Log in through the portal',
  'login.no-password': 'Logging in by password is not possible here',
  'login.ticket-failed':
    'The portal’s ticket was not accepted. Open this edge from the portal again, or log in here.',
  'account.via-password': 'logged in by password',
  'account.via-ticket': 'logged in by the portal',
} as const;
