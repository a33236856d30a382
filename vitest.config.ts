import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM } from './webui/chromium.ts';

/**
 * Three tiers. `unit` needs nothing but Node; `lab` needs root and Linux namespaces; `browser` needs Chromium.
 * The lab has two halves: what mostly waits for the network runs three files at a time; what measures silence, speed or
 * load runs alone and last, for the machine's two cores are part of what it measures.
 */
const MEASURED_LABS = [
  '**/{crash-clean-up,hostile,hostile-internet,ipv6-matrix,isolation,main-job,many-peers,private-relay,roaming,udp-blocked}.lab.test.ts',
];
const LAB = {
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Machines of the lab start the same programs hundreds of times: compiled once. Keyed by content.
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/sidegate-lab', import.meta.url)) },
} as const;
const NOT_OURS = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '*/src/**/*.test.ts',
            'webui/**/*.test.ts',
            'lab/**/*.test.ts',
            'test/{budget,doors}/**/*.test.ts',
          ],
          exclude: ['**/*.lab.test.ts', '**/*.browser.test.ts', ...NOT_OURS],
          pool: 'forks',
          // Loading the code anew for each of some two hundred files would cost more than running them: the files of one
          // worker share its modules, so whoever changes a process (environment, clock, spies) puts it back.
          isolate: false,
          maxWorkers: '100%',
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...LAB,
          name: 'lab',
          include: ['**/*.lab.test.ts'],
          exclude: [...MEASURED_LABS, ...NOT_OURS],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...LAB,
          name: 'lab-measured',
          include: MEASURED_LABS,
          exclude: NOT_OURS,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        optimizeDeps: {
          include: [
            'axe-core',
            'lit',
            'lit/directives/live.js',
            'lit/directives/repeat.js',
            '@lit/context',
            '@lit/task',
            'valibot',
          ],
        },
        test: {
          name: 'browser',
          include: ['webui/**/*.browser.test.ts'],
          exclude: NOT_OURS,
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            provider: playwright({ launchOptions: CHROMIUM }),
            instances: [{ browser: 'chromium' }],
            screenshotFailures: false,
            viewport: { width: 1280, height: 800 },
          },
        },
      },
    ],
  },
});
