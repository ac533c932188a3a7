import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['sandbox/**/*.test.ts', 'tests/unit/**/*.test.ts', 'src/**/*.test.ts'],
          exclude: ['**/*.kind.test.ts', '**/*.browser.test.ts', '**/*.real.test.ts'],
        },
      },
    ],
  },
});
