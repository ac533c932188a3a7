/** Compressed sizes: what a lesson loads, as `.size-limit.mjs` budgets it, and the shell and the API server alone. */
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
  report({ name: 'shell alone, until the prompt', value: await shellKb(), unit: 'kB', goal: 60 });
  report({ name: 'its parser, loaded beside the prompt', value: await parserKb(), unit: 'kB' });
  report({ name: 'API server alone, with its facts', value: await serverKb(), unit: 'kB', goal: 150 });
}

/** The shell without the kernel below it, with which it shares a chunk of the site. */
const shellKb = () => bundleKb('../../sandbox/shell/login.ts', /\/(core|os)\/[\w-]+\.ts$/);

const parserKb = () => bundleKb(import.meta.resolve('unbash'));

/** The API server with the facts that it is driven by, without controllers and nodes. */
const serverKb = () => bundleKb('../../sandbox/cluster/apiserver/api-server.ts');

/** What `module`, a URL or relative to here, loads at once, compressed. */
async function bundleKb(module: string, external?: RegExp): Promise<number> {
  const result = (await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL(module, import.meta.url)),
        preserveEntrySignatures: 'strict',
        ...(external && { external }),
      },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = new Map<string, Rolldown.OutputChunk>();
  for (const output of result.output) if (output.type === 'chunk') chunks.set(output.fileName, output);
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    chunks.get(name)?.imports.forEach(load);
  };
  for (const { fileName, isEntry } of chunks.values()) if (isEntry) load(fileName);
  const code = [...loaded].map((name) => chunks.get(name)?.code ?? '');
  return gzipSync(code.join('\n'), { level: 9 }).length / 1000;
}
