/**
 * `docker` 28 in the learner's terminal: a client of the container engine beside the cluster
 * (`os/container-engine.ts`). Commands are files, loaded when first used; the old names (`docker rmi`) and the
 * new ones (`docker image rm`) lead to the same. Left out: contexts, swarm, compose, networks and volumes by name.
 */
import { EngineError } from '../../../os/container-engine.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { flag, FlagError, parseFlags, type Arguments } from '../kubectl/flags.ts';
import type { CommandModule } from '../registry.ts';
import { ClientError, type DockerCommand } from './command.ts';
import { COMMANDS, GROUPED, GROUPS } from './commands.ts';

const HELP = flag('help', false, 'Print usage');
const FLAG_ERROR = 125;

export const program: Program = async (process) => {
  const [first, ...rest] = process.argv.slice(1);
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    await process.print(overview());
    return 0;
  }
  if (first === '--version' || first === '-v') {
    await process.print('Docker version 28.5.2, build ecc6942\n');
    return 0;
  }
  const group = Object.hasOwn(GROUPS, first) ? GROUPS[first] : undefined;
  if (!group) return runNamed(process, first, first, rest);
  const [second, ...more] = rest;
  const name = second === undefined ? undefined : group.commands[second];
  if (name !== undefined) return runNamed(process, name, `${first} ${second}`, more);
  await process.print(
    `\nUsage:  docker ${first} COMMAND\n\n${group.short}\n\nCommands:\n${listing(
      Object.entries(group.commands).map(([as, each]) => [as, entryOf(each)!.short]),
    )}\nRun 'docker ${first} COMMAND --help' for more information on a command.\n`,
  );
  return second === undefined || second === '--help' ? 0 : 1;
};

export const completions: CommandModule['completions'] = ({ words, index, process }) => {
  if (index === 1) return [...Object.keys(COMMANDS), ...Object.keys(GROUPS)].sort();
  const group = Object.hasOwn(GROUPS, words[1]!) ? GROUPS[words[1]!] : undefined;
  if (group && index === 2) return Object.keys(group.commands);
  return namesFor(process, group ? (group.commands[words[2]!] ?? '') : words[1]!);
};

/** Images or containers, whatever the command takes. */
async function namesFor(process: Process, command: string): Promise<string[]> {
  const engine = await process.machine.engine?.();
  if (!engine) return [];
  if (
    ['exec', 'kill', 'logs', 'pause', 'rm', 'restart', 'start', 'stop', 'unpause', 'wait', 'port'].includes(
      command,
    )
  )
    return engine.containers.list().map(({ name }) => name);
  if (['history', 'inspect', 'push', 'rmi', 'run', 'tag', 'pull'].includes(command))
    return engine.images.list().flatMap(({ tags }) => tags);
  return [];
}

async function runNamed(process: Process, name: string, path: string, argv: string[]): Promise<number> {
  const entry = entryOf(name);
  if (!entry) {
    await process.printError(
      `docker: unknown command: docker ${name}\n\nRun 'docker --help' for more information\n`,
    );
    return 1;
  }
  const { command } = await process.wait(entry.load());
  const usage = `Usage:  docker ${path} ${command.use}`;
  let flags: Arguments;
  try {
    flags = parseFlags([...(command.flags ?? []), HELP], argv, { interspersed: !command.programs });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    await process.printError(
      `${error.message}\n\n${usage}\n\nRun 'docker ${path} --help' for more information\n`,
    );
    return FLAG_ERROR;
  }
  if (flags.bool('help')) {
    await process.print(help(usage, command));
    return 0;
  }
  const args = flags.positional;
  const complaint = argumentComplaint(path, command.args, args.length);
  if (complaint !== undefined) {
    await process.printError(
      `docker: ${complaint}\n\n${usage}\n\nRun 'docker ${path} --help' for more information\n`,
    );
    return 1;
  }
  const load = process.machine.engine;
  if (!load) {
    await process.printError(
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
    );
    return 1;
  }
  try {
    const engine = await process.wait(load());
    return (await command.run({ process, engine, flags, args })) ?? 0;
  } catch (error) {
    if (error instanceof ClientError) {
      if (error.message) await process.printError(`${error.message}\n`);
      return error.exitCode;
    }
    if (error instanceof EngineError) {
      await process.printError(`Error response from daemon: ${error.message}\n`);
      return 1;
    }
    if (!(error instanceof Errno) || error.code === 'EPIPE') throw error;
    await process.printError(`${error.subject ? `${error.subject}: ` : ''}${error.message.toLowerCase()}\n`);
    return 1;
  }
}

const entryOf = (name: string) =>
  Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : Object.hasOwn(GROUPED, name) ? GROUPED[name] : undefined;

function argumentComplaint(
  path: string,
  [least, most]: DockerCommand['args'],
  count: number,
): string | undefined {
  const plural = (number: number) => `${number} argument${number === 1 ? '' : 's'}`;
  if (count < least && most === least) return `'docker ${path}' requires ${plural(least)}`;
  if (count < least) return `'docker ${path}' requires at least ${plural(least)}`;
  if (count <= most) return undefined;
  if (most === 0) return `'docker ${path}' accepts no arguments`;
  return most === least
    ? `'docker ${path}' requires ${plural(least)}`
    : `'docker ${path}' requires at most ${plural(most)}`;
}

function help(usage: string, { short, flags = [] }: DockerCommand): string {
  const options = flags.map(({ name, shorthand, kind, usage: text }): [string, string] => [
    `${shorthand ? `-${shorthand}, ` : '    '}--${name}${kind === 'bool' ? '' : ` ${kind === 'array' ? 'list' : kind}`}`,
    text,
  ]);
  return `${usage}\n\n${short}\n${options.length > 0 ? `\nOptions:\n${listing(options)}` : ''}`;
}

function overview(): string {
  return `Usage:  docker [OPTIONS] COMMAND

A self-sufficient runtime for containers

Management Commands:
${listing(Object.entries(GROUPS).map(([name, { short }]) => [name, short]))}
Commands:
${listing(Object.entries(COMMANDS).map(([name, { short }]) => [name, short]))}
Run 'docker COMMAND --help' for more information on a command.
`;
}

function listing(rows: [string, string][]): string {
  const width = Math.max(11, ...rows.map(([name]) => name.length + 1));
  return rows.map(([name, text]) => `  ${name.padEnd(width)} ${text}\n`).join('');
}
