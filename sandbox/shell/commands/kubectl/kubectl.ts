/**
 * kubectl 1.35 in the learner's terminal: a program of `os/` that speaks the Kubernetes API through the
 * machine's `kube` origin, with the output, the words and the exit codes of the real one. Every verb is a file
 * that is loaded when first used: Complete → Validate → Run. Left out: plugins and kuberc,
 * for which the learner's machine has no use.
 */
import type { Program } from '../../../os/machine.ts';
import { Exit, Killed, type Process } from '../../../os/process.ts';
import { Errno } from '../../../os/errno.ts';
import type { CommandModule } from '../registry.ts';
import type { Command, CommandEntry, CommandTable } from './command.ts';
import { CommandError, describeError, UsageError } from './errors.ts';
import { FlagError, parseFlags, type Flag } from './flags.ts';
import { GLOBAL_FLAGS, HELP_FLAG } from './global-flags.ts';
import { commandHelp, rootHelp } from './help.ts';
import { Invocation } from './invocation.ts';
import { suggest } from './suggestions.ts';
import { VERBS } from './verbs.ts';

export const program: Program = async (process) => {
  try {
    return await execute(process, process.argv.slice(1));
  } catch (error) {
    if (error instanceof Killed || error instanceof Exit) throw error;
    if (error instanceof Errno && error.code === 'EPIPE') throw error;
    const { text, exitCode } = describeError(error);
    if (text) await process.printError(text.endsWith('\n') ? text : `${text}\n`);
    return exitCode;
  }
};

/** Tab completion; loaded with the first Tab. */
export const completions: CommandModule['completions'] = async ({ words, index, process }) => {
  const { completions: propose } = await import('./completions.ts');
  return propose(words, index, process.machine, process.environment['HOME']);
};

async function execute(process: Process, argv: readonly string[]): Promise<number | void> {
  const { at, leading } = findCommand(argv);
  const name = argv[at];
  if (name === undefined) {
    parse('kubectl', [], argv);
    await process.print(rootHelp());
    return 0;
  }
  const rest = [...leading, ...argv.slice(at + 1)];
  if (name === 'help') return help(process, argv.slice(at + 1));
  const entry = lookUp(VERBS, name);
  if (!entry) throw new CommandError(unknownCommand(name));
  return run(process, 'kubectl', name, entry, rest);
}

/** Runs a command, or the command of its own that the arguments name. */
async function run(
  process: Process,
  parent: string,
  typed: string,
  entry: CommandEntry,
  argv: readonly string[],
): Promise<number | void> {
  const { command } = await process.wait(entry.load());
  const path = `${parent} ${canonical(parent, typed)}`;
  if (command.subcommands) {
    const { at, leading } = findCommand(argv, command.flags);
    const name = argv[at];
    const inner = name === undefined ? undefined : lookUp(command.subcommands, name);
    if (inner)
      return run(process, path, nameOf(command.subcommands, name!), inner, [
        ...leading,
        ...argv.slice(at + 1),
      ]);
  }
  const flags = parse(path, command.flags ?? [], argv, command.interspersed ?? true);
  if (flags.bool('help')) {
    await process.print(commandHelp(path, command, entry.aliases));
    return 0;
  }
  const invocation = new Invocation(process, path, flags);
  if (!command.run) {
    if (flags.positional.length > 0)
      throw new UsageError(path, `unknown command ${JSON.stringify(flags.positional.join(' '))}`);
    await process.print(commandHelp(path, command, entry.aliases));
    return 0;
  }
  const code = await command.run(invocation);
  if (flags.bool('warnings-as-errors') && invocation.api.warnings > 0) {
    const count = invocation.api.warnings;
    throw new CommandError(`${count} ${count === 1 ? 'warning' : 'warnings'} received`);
  }
  return code;
}

function parse(path: string, own: readonly Flag[], argv: readonly string[], interspersed = true) {
  const names = new Set(own.map((flag) => flag.name));
  const shorthands = new Set(own.map((flag) => flag.shorthand));
  const global = [...GLOBAL_FLAGS, HELP_FLAG]
    .filter((flag) => !names.has(flag.name))
    .map((flag) =>
      flag.shorthand && shorthands.has(flag.shorthand) ? { ...flag, shorthand: undefined } : flag,
    );
  try {
    return parseFlags([...own, ...(global as Flag[])], argv, { interspersed });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new CommandError(`${error.message}\nSee '${path} --help' for usage.`);
  }
}

/** Where the command's name stands: the first argument that is neither a flag nor a flag's value. */
function findCommand(argv: readonly string[], own: readonly Flag[] = []): { at: number; leading: string[] } {
  const flags = [...own, ...GLOBAL_FLAGS, HELP_FLAG];
  let at = 0;
  for (; at < argv.length; at++) {
    const arg = argv[at]!;
    if (!arg.startsWith('-') || arg === '-') break;
    if (arg === '--') return { at: argv.length, leading: [] };
    if (arg.includes('=')) continue;
    const flag = arg.startsWith('--')
      ? flags.find((known) => known.name === arg.slice(2))
      : arg.length === 2
        ? flags.find((known) => known.shorthand === arg[1])
        : undefined;
    if (flag && flag.bare === undefined) at++;
  }
  return { at, leading: argv.slice(0, at) };
}

function lookUp(table: CommandTable, name: string): CommandEntry | undefined {
  return Object.hasOwn(table, name)
    ? table[name]
    : Object.values(table).find((entry) => entry.aliases?.includes(name));
}

const nameOf = (table: CommandTable, typed: string) =>
  Object.hasOwn(table, typed)
    ? typed
    : (Object.keys(table).find((name) => table[name]!.aliases?.includes(typed)) ?? typed);

const canonical = (parent: string, typed: string) => (parent === 'kubectl' ? nameOf(VERBS, typed) : typed);

function unknownCommand(name: string): string {
  const similar = suggest(name, VERBS);
  const hint =
    similar.length > 0 ? `\n\nDid you mean this?\n${similar.map((word) => `\t${word}`).join('\n')}` : '';
  return `unknown command ${JSON.stringify(name)} for "kubectl"${hint}`;
}

/** `kubectl help VERB …` */
async function help(process: Process, words: readonly string[]): Promise<number> {
  let table: CommandTable | undefined = VERBS;
  let path = 'kubectl';
  let found: { command: Command; entry: CommandEntry } | undefined;
  for (const word of words) {
    const entry: CommandEntry | undefined = table ? lookUp(table, word) : undefined;
    if (!entry) break;
    const { command }: { command: Command } = await process.wait(entry.load());
    path += ` ${nameOf(table!, word)}`;
    found = { command, entry };
    table = command.subcommands;
  }
  await process.print(found ? commandHelp(path, found.command, found.entry.aliases) : rootHelp());
  return 0;
}
