import type { Logger } from '@sidegate/kit';
import type { Run, TunnelConfig } from '../ports/index.ts';
import type { IpLink } from './ip-json.ts';

/** The interface has exactly our two addresses; what is right already is not touched. */
export const ensureTunnelAddresses = async (
  { run, log }: { readonly run: Run; readonly log: Logger },
  { interfaceName, address4, address6 }: TunnelConfig,
  link: IpLink | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const wanted = [`${address4}/32`, `${address6}/128`];
  const present = link?.addresses.filter(({ scope }) => scope === 'global').map(({ cidr }) => cidr) ?? [];
  const edit = (verb: string, cidr: string) =>
    run('ip', ['address', verb, cidr, 'dev', interfaceName], { signal });
  for (const cidr of wanted.filter((each) => !present.includes(each))) {
    await edit('replace', cidr).catch((error: unknown) => {
      // A machine without IPv6 is no reason to go without IPv4.
      if (!cidr.includes(':') || signal.aborted) throw error;
      log.info('this machine takes no IPv6 address; the tunnel carries IPv4 only', { address: cidr, error });
    });
  }
  for (const cidr of present.filter((each) => !wanted.includes(each))) await edit('delete', cidr);
};
