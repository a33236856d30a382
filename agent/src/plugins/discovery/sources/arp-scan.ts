/**
 * ARP for every address by arp-scan, which every device must answer. arp-scan holds its output back until it ends,
 * so the network is asked in blocks: the first hosts show at once, the progress is a count, and cancelling is quick.
 * A first quick pass, then a patient one for devices that sleep between beacons.
 */
import { createLimiter, isInCidr, networkOf, networkSize } from '@sidegate/kit';
import type { Cidr4, Ip4, Mac } from '@sidegate/protocol';
import { parseArpScanLine } from '../../../discovery/parse-arp-scan.ts';
import type { ScanScope } from '../../../discovery/scopes.ts';
import { splitNetwork } from '../../../discovery/split-network.ts';
import type { Run } from '../../../ports/index.ts';
import type { DiscoverySink } from '../source.ts';

/** How a pass asks. Two packets a millisecond are 1 Mbit/s, which the slowest Wi-Fi carries: no pass sends more. */
interface Pass {
  readonly blockBits: number;
  readonly timeoutMs: number;
  readonly intervalUs: number;
  /** Blocks under way at once: while one waits for answers, others ask. */
  readonly width: number;
}
const QUICK: Pass = { blockBits: 26, timeoutMs: 100, intervalUs: 2000, width: 4 };
const PATIENT: Pass = { blockBits: 22, timeoutMs: 400, intervalUs: 1000, width: 1 };
/** Blocks beyond this number only cost processes. */
const MAX_BLOCKS = 64;
const SLACK_MS = 10_000;

type OnDevice = (device: NonNullable<ReturnType<typeof parseArpScanLine>>) => void;

/** Runs arp-scan over targets on an interface; calls back for every device. */
export const runArpScan = async (
  run: Run,
  interfaceName: string,
  targets: readonly string[],
  pass: Pick<Pass, 'timeoutMs' | 'intervalUs'>,
  onDevice: OnDevice,
  signal: AbortSignal,
  senderAddress?: Ip4 | '0.0.0.0',
): Promise<void> => {
  const addresses = targets.reduce(
    (sum, target) => sum + (target.includes('/') ? networkSize(target as Cidr4) : 1),
    0,
  );
  await run(
    'arp-scan',
    [
      `--interface=${interfaceName}`,
      '--plain',
      '--quiet',
      '--numeric',
      '--retry=1',
      `--timeout=${pass.timeoutMs}`,
      `--interval=${pass.intervalUs}u`,
      ...(senderAddress === undefined ? [] : [`--arpspa=${senderAddress}`]),
      ...targets,
    ],
    {
      signal,
      timeoutMs: (addresses * pass.intervalUs) / 1000 + pass.timeoutMs + SLACK_MS,
      onLine: (line) => {
        const device = parseArpScanLine(line);
        if (device !== undefined) onDevice(device);
      },
    },
  );
};

/** What a scan may send at most is what a person allowed, if anything; ARP packets count as any other. */
const slowDown = (pass: Pass, packetsPerSec: number | undefined): Pass => {
  if (packetsPerSec === undefined) return pass;
  const intervalUs = Math.max(pass.intervalUs, Math.ceil(1_000_000 / packetsPerSec));
  return { ...pass, intervalUs, width: intervalUs > pass.intervalUs ? 1 : pass.width };
};

/** Both passes over the scope. Throws COMMAND_NOT_FOUND where there is no arp-scan. */
export const sweepByArp = async (
  run: Run,
  scope: ScanScope & { readonly interfaceName: string },
  sink: DiscoverySink,
  signal: AbortSignal,
): Promise<void> => {
  const { bits } = networkOf(scope.cidr);
  const passes = [QUICK, PATIENT].map((pass) => ({
    pass: slowDown(pass, scope.packetsPerSec),
    blocks: splitNetwork(scope.cidr, Math.max(bits, Math.min(pass.blockBits, bits + Math.log2(MAX_BLOCKS)))),
  }));
  const total = passes.reduce((sum, { blocks }) => sum + blocks.length, 0);
  let done = 0;
  const report: OnDevice = (device) => {
    if (isInCidr(device.address, scope.cidr)) sink.observe(device);
  };
  for (const { pass, blocks } of passes) {
    const limiter = createLimiter(pass.width);
    const ask = async (block: Cidr4) => {
      await runArpScan(run, scope.interfaceName, [block], pass, report, signal, scope.senderAddress);
      sink.progress(++done / total);
    };
    await Promise.all(blocks.map((block) => limiter.run(() => ask(block))));
  }
};

/** A patient question to single addresses: are their owners still there? */
export const askByArp = (
  run: Run,
  interfaceName: string,
  addresses: readonly Ip4[],
  onDevice: OnDevice,
  signal: AbortSignal,
): Promise<void> => runArpScan(run, interfaceName, addresses, PATIENT, onDevice, signal);

/** Who has an address already, asked in nobody's name (RFC 5227, section 2.1.1): nobody's table changes. */
export const findHolder = async (
  run: Run,
  interfaceName: string,
  address: Ip4,
  signal: AbortSignal,
): Promise<Mac | undefined> => {
  let holder: Mac | undefined;
  const onDevice: OnDevice = ({ mac }) => {
    holder = mac;
  };
  await runArpScan(run, interfaceName, [address], PATIENT, onDevice, signal, '0.0.0.0');
  return holder;
};
