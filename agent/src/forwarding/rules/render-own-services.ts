/** Ports of this machine: a set for the input chain, and redirects of a well-known port to the one we listen on. */
import type { OwnService } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import { field, is, nftSet, PROTOCOL_AND_PORT } from './nft-json.ts';

/** The set of own services, and the match on it. */
export const ownServicesSet = {
  contains: is(PROTOCOL_AND_PORT, '@own_services'),
  render: (services: readonly OwnService[]): NftObject =>
    nftSet(
      'own_services',
      ['inet_proto', 'inet_service'],
      services.map(({ protocol, port }) => ({ concat: [protocol, port] })),
    ),
} as const;

/** One rule per service with a second port: there are two or three of them, and nft has no map for `redirect`. */
export const renderRedirects = (services: readonly OwnService[]): readonly (readonly NftObject[])[] =>
  services.flatMap(({ protocol, port, alsoPort }) =>
    alsoPort === undefined ? [] : [[is(field(protocol, 'dport'), alsoPort), { redirect: { port } }]],
  );
