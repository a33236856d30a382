/** Peers and the path to each. */
export const peersMessages = {
  'peers.descr': 'Machines of the account that this edge may talk to, and the path to each.',
  'peers.search': 'Search peers',
  'peers.table': 'Peers',
  'peer.name': 'Peer',
  'peer.path': 'Path',
  'peer.endpoint': 'Endpoint',
  'peer.rtt': 'Round trip',
  'peer.handshake': 'Handshake',
  'peer.traffic': 'Received / sent',
  'peer.why': 'Why this path',
  'peer.why-label': 'Why this path to {name}',
  'peer.step': '{from} to {to}: {why}',
  'peer.offline': 'offline',
  'peers.empty': 'No peers yet',
  'peers.empty-text':
    'Add a laptop or another machine in the portal; it appears here when policy lets it reach this edge.',
} as const;
