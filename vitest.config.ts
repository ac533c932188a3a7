import { defineConfig } from 'vitest/config';

const everywhere = (suffix: string) => [
  `sandbox/**/*${suffix}.test.ts`,
  `src/**/*${suffix}.test.ts`,
  `tests/**/*${suffix}.test.ts`,
];

/**
 * unit: in process, no network, no real time. real: real kubectl, helm and clients against our server.
 * browser: Chromium against the built site. kind: a container engine with real clusters.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere(''),
          exclude: ['**/*.{real,browser,kind}.test.ts', '**/node_modules/**'],
          // None waits for real time; a machine that others keep busy gives a thread little of it.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'real',
          include: everywhere('.real'),
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: everywhere('.browser'),
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'kind',
          include: everywhere('.kind'),
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
