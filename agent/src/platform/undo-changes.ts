import type { Ports } from '../ports/index.ts';
import type { ChangeRecord, SystemChange } from '../system/change-record.ts';
import { parseIfName } from '../tunnel/interface-name.ts';

const undo = async (ports: Ports, change: SystemChange): Promise<void> => {
  switch (change.kind) {
    case 'interface': {
      const name = parseIfName(change.name);
      if (name !== undefined) await ports.tunnel.remove(name);
      return;
    }
    case 'nft-table':
      return await ports.firewall.remove();
    case 'hosts-block':
      return await ports.resolver.remove();
    case 'sysctl':
      return await ports.sysctl.restore();
  }
};

/** Takes back what is on record, last change first; one that fails does not keep the others. */
export const undoChanges = async (
  ports: Ports,
  record: ChangeRecord,
  mayGoOn: () => boolean = () => true,
): Promise<void> => {
  const errors: unknown[] = [];
  for (const change of [...(await record.all())].reverse()) {
    if (!mayGoOn()) return;
    await undo(ports, change).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'take back what was changed in the system');
};
