/**
 * `make test-vm`: Debian's kernel in an emulator, with the packages installed under systemd and WireGuard in the kernel.
 * The main job between namespaces; then power is cut in the middle of a write; then everything must be there.
 * Prints a line for each check and what was measured; exits with 1 where one failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootGuest } from './boot-guest.ts';
import { buildGuestImage } from './guest-image.ts';

const ROOT = join(import.meta.dirname, '../..');
const BOOT_MAX_MS = 900_000;
/** Confirmed writes before the cut: enough that one is always under way. */
const WRITES = 5;

const tally = { ok: 0, fail: 0 };
const show = (line: string): void => {
  const [kind, ...rest] = line.split(' ');
  if (kind === 'ok' || kind === 'fail') tally[kind]++;
  if (kind !== 'wrote') console.log(`  ${kind === 'fail' ? 'FAIL' : kind} ${rest.join(' ')}`);
};

const directory = mkdtempSync(join(tmpdir(), 'sidegate-vm-'));
const consoleFile = (name: string) => join(directory, `${name}.console`);
let wrote = 0;
try {
  console.log('A disk with a fresh Debian and the packages:');
  const image = buildGuestImage(directory, join(ROOT, 'dist/feeds'));
  const life = { image, timeoutMs: BOOT_MAX_MS };
  console.log('The first boot:');
  await bootGuest({
    ...life,
    words: ['sidegate.stage=first-boot'],
    consoleFile: consoleFile('first'),
    onLine(line) {
      if (line !== 'end') show(line);
      if (line.startsWith('wrote ')) wrote = Number(line.slice('wrote '.length));
      return wrote >= WRITES || line === 'end';
    },
  });
  if (wrote < WRITES) throw new Error('the first boot did not come so far');
  console.log('The power is cut in the middle of a write. The second boot:');
  await bootGuest({
    ...life,
    words: ['sidegate.stage=second-boot', `sidegate.wrote=${wrote}`],
    consoleFile: consoleFile('second'),
    onLine(line) {
      if (line === 'end') return true;
      show(line);
      return false;
    },
  });
} catch (error) {
  tally.fail++;
  console.log(`  FAIL ${error instanceof Error ? error.message : String(error)}`);
} finally {
  if (process.env.SIDEGATE_VM_KEEP === undefined) rmSync(directory, { recursive: true, force: true });
  else console.log(`kept ${directory}`);
}
console.log(`${tally.ok} passed, ${tally.fail} failed`);
process.exitCode = tally.fail === 0 && tally.ok > 0 ? 0 : 1;
