import { createVirtualClock } from '@sidegate/kit';
import type { Cidr4, Ip4, ScopeId } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { Observation, SourceName } from '../../discovery/observation.ts';
import { createMemoryPlatform } from '../../platform/memory.ts';
import { createSources } from './create-sources.ts';
import { runScan } from './run-scan.ts';

const SCOPE = { id: 'c_aaaaaaaaaaaaaaaa' as ScopeId, cidr: '192.168.1.0/24' as Cidr4 };
const clock = createVirtualClock();
const health = { raise: () => {}, clear: () => {} };
const sources = createSources({ ports: createMemoryPlatform().ports, clock, health }, []);

describe('a scan without one of its sources', () => {
  it('has them all', () => {
    const names: readonly SourceName[] = [
      ...(['neighbours', 'leases', 'arp', 'mdns', 'ssdp', 'ws-discovery', 'services', 'netbios'] as const),
    ];
    expect(sources.map(({ name }) => name)).toEqual(names);
    expect(new Set(sources.map(({ phase }) => phase)).size).toBe(names.length);
  });

  it.each(sources.map(({ name, phase }) => [name, phase]))(
    '%s: goes on, and says so',
    async (broken, phase) => {
      const seen: Observation[] = [];
      const notices: string[] = [];
      const { completed, failed } = await runScan(
        SCOPE,
        {
          // What each reports is tested beside it; here every one sees a device of its own.
          sources: sources.map((source, at) => ({
            ...source,
            async scan(_scope, sink) {
              if (source.name === broken) throw new Error('no such program');
              sink.observe({ address: `192.168.1.${10 + at}` as Ip4 });
            },
          })),
          clock,
          observe: (observation) => seen.push(observation),
          onProgress: () => {},
          onSwept: () => {},
          onNotice: (sentence) => notices.push(sentence),
        },
        new AbortController().signal,
      );
      expect(notices).toEqual([`${phase}: no such program`]);
      expect([...failed]).toEqual([broken]);
      expect(completed.size).toBe(sources.length - 1);
      expect(seen.map(({ source }) => source)).toEqual(
        sources.map(({ name }) => name).filter((one) => one !== broken),
      );
    },
  );
});
