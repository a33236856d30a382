import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@sidegate/kit';
import type { Ubus } from 'node-ubus';
import { replaceHostsBlock } from '../naming/hosts-block.ts';
import type { Resolver } from '../ports/index.ts';
import { readTextFile, writeFileAtomically } from './atomic-files.ts';
import type { ChangeRecord } from './change-record.ts';

const SIGHUP = 1;

/**
 * Names in a file of our own in the directory that every dnsmasq of OpenWrt reads (`--addn-hosts`). It is in RAM, and
 * names of a hosts file are not subject to rebind protection.
 */
export const createDnsmasqResolver = (
  { ubus, record, log }: { readonly ubus: Ubus; readonly record: ChangeRecord; readonly log: Logger },
  directory = '/tmp/hosts',
): Resolver => {
  const path = join(directory, 'sidegate');
  const readAgain = () =>
    ubus
      .invoke('service', 'signal', { name: 'dnsmasq', signal: SIGHUP })
      // Without dnsmasq nobody reads the file either: unbound and the like have their own ways.
      .catch((error: unknown) => log.debug('tell dnsmasq of new names', { error }));
  return {
    async apply(names, signal) {
      signal.throwIfAborted();
      const text = replaceHostsBlock('', names);
      if ((await readTextFile(path)) === text) return;
      await record.note({ kind: 'hosts-block', name: path });
      await mkdir(directory, { recursive: true });
      await writeFileAtomically(path, text, { mode: 0o644 });
      await readAgain();
    },
    async remove() {
      if ((await readTextFile(path)) !== undefined) {
        await rm(path, { force: true });
        await readAgain();
      }
      await record.forget('hosts-block', path);
    },
  };
};
