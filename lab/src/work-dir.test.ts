import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkDir } from './work-dir.ts';

describe('openWorkDir', () => {
  it('makes one directory per machine and removes all of them', () => {
    const workDir = openWorkDir();
    const machine = workDir.create('alder/camera');
    expect(machine.startsWith(workDir.path)).toBe(true);
    expect(existsSync(machine)).toBe(true);
    workDir[Symbol.dispose]();
    expect(existsSync(workDir.path)).toBe(false);
  });

  it('sweeps what a dead owner left, and nothing of a living one', () => {
    using living = openWorkDir();
    // Process 1 lives, but did not start at the end of time: this owner's pid was taken over.
    const dead = join(tmpdir(), 'sidegate-lab.1.9999999999999.abcdef');
    mkdirSync(dead, { recursive: true });
    using _next = openWorkDir();
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(living.path)).toBe(true);
    rmSync(dead, { recursive: true, force: true });
  });
});
