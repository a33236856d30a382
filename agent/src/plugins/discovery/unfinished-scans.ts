/** Scans that were not over when the agent was: as a file in the runtime area. */
import { LIMITS, ScopeId, WallMs } from '@sidegate/protocol';
import * as v from 'valibot';

/** Its name in the runtime area. */
export const UNFINISHED_FILE = 'scans.json';

const UnfinishedScan = v.strictObject({
  startedAt: WallMs,
  /** `swept`: the share of addresses that were asked. */
  scopes: v.array(v.strictObject({ id: ScopeId, swept: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) })),
  /** Found so far, for the count. */
  hosts: v.pipe(v.array(v.string()), v.maxLength(LIMITS.hostsPerEdge)),
});
/** One of them. */
export type UnfinishedScan = v.InferOutput<typeof UnfinishedScan>;
const UnfinishedFile = v.strictObject({ version: v.literal(1), scans: v.array(UnfinishedScan) });

/** A broken file is as good as none. */
export const parseUnfinished = (text: string | undefined): readonly UnfinishedScan[] => {
  try {
    return v.parse(UnfinishedFile, JSON.parse(text ?? '')).scans;
  } catch {
    return [];
  }
};

/** The file's text, of version 1. */
export const renderUnfinished = (scans: readonly UnfinishedScan[]): string =>
  JSON.stringify({ version: 1, scans });
