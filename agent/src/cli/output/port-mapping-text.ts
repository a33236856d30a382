/** What the router does for us, in words. */
import type { PortMappingStatus } from '@sidegate/protocol';
import { plain } from './plain-text.ts';
import { formatDuration } from './units.ts';

const PROTOCOL_WORDS = { pcp: 'PCP', 'nat-pmp': 'NAT-PMP', upnp: 'UPnP' } as const;

/** `11.1.1.10:40001 by PCP, leased for another 2 h`, or why there is none. */
export const describePortMapping = (mapping: PortMappingStatus, nowMs: number): string => {
  const { state, gateway = 'the router', protocol, external, expiresAt, why = '' } = mapping;
  switch (state) {
    case 'off':
      return 'off in the configuration';
    case 'no-gateway':
      return 'there is no router to ask';
    case 'not-needed':
      return "not needed: this machine's own address is public";
    case 'asking':
      return `asking ${gateway}`;
    case 'mapped': {
      const words = protocol === undefined ? '' : ` by ${PROTOCOL_WORDS[protocol]}`;
      const left = expiresAt === undefined ? '' : `, leased for another ${formatDuration(expiresAt - nowMs)}`;
      return `${external}${words}${left}`;
    }
    case 'double-nat':
      return `of no use: ${gateway} is behind a NAT itself (${plain(why)})`;
    case 'unavailable':
      return `none from ${gateway}: ${plain(why)}`;
  }
};
