/** How every bench reports: a table for people, `bench/results/<name>.json` for machines. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One claim, its measured value, and whether it reaches its goal. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it was measured beside, in the same run. */
  readonly peer?: string;
  readonly goal: string;
  readonly ok: boolean;
}

/** The middle value; the mean of the two middle ones for an even count. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const round = (value: number) => Number(value.toPrecision(3));

/** Prints the table and writes the file. */
export const report = async (name: string, runs: number, rows: readonly Row[]): Promise<void> => {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  console.log(`\n${name}: medians of ${runs} runs on ${machine}\n`);
  console.table(rows.map((row) => ({ ...row, value: round(row.value) })));
  const directory = fileURLToPath(new URL('../results', import.meta.url));
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/${name}.json`, `${JSON.stringify({ machine, runs, rows }, null, 2)}\n`);
};
