/** Every command says how it is used: `man NAME`, which is its `--help`. */
import { expect, test } from 'vitest';
import { runCommandLine } from '../in-process-machine.ts';
import type { CommandTable } from './kubectl/command.ts';
import { VERB_GROUPS } from './kubectl/verbs.ts';
import { COMMANDS } from './registry.ts';

test.each(Object.keys(COMMANDS))('man %s', { timeout: 20_000 }, async (name) => {
  const text = await runCommandLine(`man '${name}'`);
  expect(text).not.toMatch(/exit \d+\n$/);
  expect(text.length).toBeGreaterThan(30);
  // GNU's and Go's pages; those of just-bash begin with a name and what it is for; kn lists its commands.
  expect(text).toMatch(/^usage|\nusage| - |\[command\] --help/i);
});

async function paths(table: CommandTable, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const [name, entry] of Object.entries(table)) {
    found.push(`${prefix} ${name}`);
    const { subcommands } = (await entry.load()).command;
    if (subcommands) found.push(...(await paths(subcommands, `${prefix} ${name}`)));
  }
  return found;
}

const verbs = (await Promise.all(VERB_GROUPS.map(({ verbs: table }) => paths(table, 'kubectl')))).flat();

test.each(verbs)('%s --help', async (path) => {
  const text = await runCommandLine(`${path} --help`);
  expect(text).toContain(`Usage:\n  ${path}`);
  expect(text).not.toMatch(/exit \d+\n$/);
});
