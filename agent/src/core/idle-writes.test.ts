/** Flash wears out: what an agent that nobody uses writes to durable storage. */
import type { Cidr4, Ip, Ip4, Mac } from '@sidegate/protocol';
import { expect, it } from 'vitest';
import { builtInPlugins } from '../plugins/index.ts';
import type { IfName, Neighbour } from '../ports/index.ts';
import { openCore } from './testing/open-core.ts';

const LAN = 'br-lan' as IfName;
const neighbour = (last: number): Neighbour => ({
  address: `192.168.1.${last}` as Ip4 as Ip,
  mac: `02:00:00:00:00:${String(last).padStart(2, '0')}` as Mac,
  interfaceName: LAN,
  state: 'REACHABLE',
});

it('writes nothing durable in an idle hour, however often hosts are seen', async () => {
  await using opened = openCore(builtInPlugins);
  const { core, clock, platform } = opened;
  const { links, files } = platform.fakes;
  links.links = [
    {
      name: LAN,
      mac: '02:00:00:00:00:01' as Mac,
      isUp: true,
      isLoopback: false,
      addresses4: ['192.168.1.1/24' as Cidr4],
      addresses6: [],
      linkKind: 'bridge',
    },
  ];
  await core.start();
  await clock.advance(60_000);
  const writes: string[] = [];
  const { writeText } = files;
  files.writeText = async (area, name, text, options) => {
    // The real ones do not write what is there already.
    if (files.texts.get(`${area}/${name}`) !== text) writes.push(`${area}/${name}`);
    await writeText(area, name, text, options);
  };
  for (let minute = 0; minute < 60; minute++) {
    links.notify('neighbour', neighbour(10 + (minute % 5)));
    await clock.advance(60_000);
  }
  expect(writes.filter((path) => !path.startsWith('runtime/'))).toEqual([]);
  // It did see them, and kept them where a reboot may take them.
  expect(writes).toContain('runtime/hosts.json');
});
