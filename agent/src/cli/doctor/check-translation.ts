/** Can the kernel translate addresses? Asked with rules like ours that it checks and does not keep. */
import { isNftPartMissing, MISSING_NFT_PART_HINT } from '../../forwarding/rules/missing-nft-part.ts';
import type { CommandContext } from '../command.ts';
import { type Finding, fail, ok } from './finding.ts';

const TABLE = 'sidegate-doctor';
const chain = (name: string, hook: string, prio: number) => ({
  add: { chain: { family: 'inet', table: TABLE, name, type: 'nat', hook, prio, policy: 'accept' } },
});
const rule = (name: string, ...expr: readonly unknown[]) => ({
  add: { rule: { family: 'inet', table: TABLE, chain: name, expr } },
});
const PROBE = JSON.stringify({
  nftables: [
    { add: { table: { family: 'inet', name: TABLE } } },
    chain('to', 'prerouting', -100),
    chain('from', 'postrouting', 100),
    rule('to', { dnat: { family: 'ip', addr: '192.0.2.1' } }),
    rule(
      'to',
      { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } },
      { redirect: { port: 9 } },
    ),
    rule('from', { masquerade: null }),
  ],
});

/** Nothing where nft could not be asked, of which another check speaks. */
export const checkTranslation = async ({ io }: CommandContext): Promise<Finding[]> => {
  try {
    await io.run('nft', ['-c', '-j', '-f', '-'], { input: PROBE, timeoutMs: 5_000, signal: io.signal });
    return [ok('translation', 'The kernel translates addresses')];
  } catch (error) {
    io.signal.throwIfAborted();
    const said = String((error as { details?: { stderr?: unknown } }).details?.stderr);
    if (!isNftPartMissing(said)) return [];
    return [
      fail(
        'translation',
        'The kernel cannot translate addresses: nothing is published',
        MISSING_NFT_PART_HINT,
      ),
    ];
  }
};
