import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('./compile-hot-code.ts', import.meta.url));
/** Says whether V8 has compiled a function that was called a lot, before and after. */
const SCRIPT = `
import { compileHotCode } from ${JSON.stringify(MODULE)};
const sum = (count) => { let all = 0; for (let at = 0; at < count; at++) all = (all * 31 + at) | 0; return all; };
const isOptimized = () => {
  for (let turn = 0; turn < 300; turn++) sum(10_000);
  // Bits of V8's %GetOptimizationStatus: by Maglev, by TurboFan.
  return (%GetOptimizationStatus(sum) & (1 << 4 | 1 << 5)) !== 0;
};
const before = isOptimized();
compileHotCode();
const until = Date.now() + 10_000;
let after = isOptimized();
while (!after && Date.now() < until) { after = isOptimized(); await new Promise((done) => setTimeout(done, 5)); }
console.log(JSON.stringify([before, after]));
`;

test('hot code is left alone until it is asked for, and then compiled', () => {
  const flags = ['--allow-natives-syntax', '--no-opt', '--no-maglev', '--no-warnings'];
  const said = execFileSync(process.execPath, [...flags, '--input-type=module', '-e', SCRIPT], {
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual([false, true]);
});
