/**
 * `npm run build [-- --base /path/]`: makes `dist/`, which any static host serves. Astro's own command, with its
 * telemetry off; run as a process of its own because its integrations keep state.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const astro = fileURLToPath(new URL('../../node_modules/astro/bin/astro.mjs', import.meta.url));

// A build is for production whoever starts it. Vitest puts these into the environment of what it starts, and
// the pages would say that they are of a development server.
const { DEV: _dev, PROD: _prod, MODE: _mode, SSR: _ssr, ...environment } = process.env;

const { status, error } = spawnSync(process.execPath, [astro, 'build', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...environment, ASTRO_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
});
if (error) console.error(`astro build could not be started: ${error.message}`);
process.exitCode = status ?? 1;
