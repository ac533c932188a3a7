/** Compressed sizes: what a lesson loads, as `.size-limit.mjs` budgets it, and the shell alone. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { BuiltScripts } from './chunks.ts';
import type { Report } from './measurement.ts';
import { scriptGroups } from './script-groups.ts';

export async function measure(report: Report): Promise<void> {
  const scripts = new BuiltScripts();
  for (const { name, chunks, budgetKb } of scriptGroups(scripts)) {
    report({ name, value: scripts.gzipKb(chunks), unit: 'kB', goal: budgetKb });
  }
  report({ name: 'shell alone, with its parser', value: await shellKb(), unit: 'kB', goal: 60 });
}

/** The shell without the kernel below it, with which it shares a chunk of the site. */
async function shellKb(): Promise<number> {
  const result = (await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('../../sandbox/shell/login.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
        external: /\/(core|os)\/[\w-]+\.ts$/,
      },
    },
  })) as Rolldown.RolldownOutput;
  const code = result.output.map((output) => (output.type === 'chunk' ? output.code : ''));
  return gzipSync(code.join('\n'), { level: 9 }).length / 1000;
}
