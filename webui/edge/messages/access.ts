/** The log of who opened what. */
export const accessMessages = {
  'access.descr': 'Who opened what this edge publishes, newest first. The last 500 visits are kept.',
  'access.who': 'Who',
  'access.what': 'What',
  'access.when': 'When',
  'access.span': 'How long',
  'access.traffic': 'How much',
  'access.open': 'Open now',
  'access.search': 'Search visits',
  'access.empty': 'Nobody has opened anything yet',
  'access.empty-text': 'As soon as somebody opens a forward or the address of a host, it appears here.',
  'access.none-match': 'No visit matches',
  'access.none-match-text': 'Try fewer words.',
} as const;
