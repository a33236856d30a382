/** What a dry run shows: the map elements that a publication adds, as nft would list them. */
import type { AddressRule, ForwardRule } from '../plugin-api/firewall-wish.ts';
import { timeoutSec } from './rules/publication-words.ts';

/** nftables text for people; the kernel gets JSON. */
export const renderForwardText = (rules: readonly ForwardRule[], nowMs: number): string => {
  const key = ({ protocol, edgePort, expiry }: ForwardRule) =>
    `${protocol} . ${edgePort}${expiry === undefined ? '' : ` timeout ${timeoutSec(expiry, nowMs)}s`}`;
  const map = (name: string, type: string, value: (rule: ForwardRule) => string | number) =>
    [
      `  map ${name} {`,
      `    type inet_proto . inet_service : ${type}`,
      `    elements = { ${rules.map((rule) => `${key(rule)} : ${value(rule)}`).join(', ')} }`,
      '  }',
    ].join('\n');
  if (rules.length === 0) return '';
  return [
    'table inet sidegate {',
    map('forward_addresses', 'ipv4_addr', (rule) => rule.targetAddress),
    map('forward_ports', 'inet_service', (rule) => rule.targetPort),
    '}',
  ].join('\n');
};

/** The same for addresses of hosts' own. */
export const renderAddressText = (rules: readonly AddressRule[], nowMs: number): string =>
  rules.length === 0
    ? ''
    : [
        'table inet sidegate {',
        '  map address_targets {',
        '    type ipv4_addr : ipv4_addr',
        `    elements = { ${rules
          .map(({ meshAddress, targetAddress, expiry }) => {
            const end = expiry === undefined ? '' : ` timeout ${timeoutSec(expiry, nowMs)}s`;
            return `${meshAddress}${end} : ${targetAddress}`;
          })
          .join(', ')} }`,
        '  }',
        '}',
      ].join('\n');
