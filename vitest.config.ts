import { defineConfig } from 'vitest/config';

/**
 * Three tiers. `unit` needs nothing but Node; `lab` needs root and Linux namespaces; `e2e` adds Chromium.
 * Lab files run one after the other: the machine's two cores are part of what they measure.
 */
export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default'] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['*/src/**/*.test.ts', 'webui/**/*.test.ts', 'lab/**/*.test.ts', 'test/budget/**/*.test.ts'],
          exclude: ['**/*.lab.test.ts', '**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'],
          pool: 'forks',
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['**/*.lab.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
