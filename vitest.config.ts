import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM } from './webui/chromium.ts';

/**
 * Three tiers. `unit` needs nothing but Node; `lab` needs root and Linux namespaces; `browser` needs Chromium.
 * Lab files run one after the other: the machine's two cores are part of what they measure.
 */
export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default'] : ['default'],
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
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 20_000,
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
