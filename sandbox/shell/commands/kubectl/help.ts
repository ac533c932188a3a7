/** Help and usage texts in the layout of kubectl's templates. */
import { VERB_GROUPS } from './verbs.ts';
import type { Command, CommandTable } from './command.ts';
import type { Flag } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';

const table = (verbs: CommandTable) => {
  const names = Object.keys(verbs);
  const width = Math.max(...names.map((name) => name.length), 15);
  return names.map((name) => `  ${name.padEnd(width)} ${verbs[name]!.short}`).join('\n');
};

/** `kubectl` and `kubectl --help`. */
export function rootHelp(): string {
  const groups = VERB_GROUPS.map(({ title, verbs }) => `${title}\n${table(verbs)}\n`).join('\n');
  return `kubectl controls the Kubernetes cluster manager.

 Find more information at: https://kubernetes.io/docs/reference/kubectl/

${groups}
Usage:
  kubectl [flags] [options]

Use "kubectl <command> --help" for more information about a given command.
Use "kubectl options" for a list of global command-line options (applies to all commands).
`;
}

/** `kubectl VERB --help`. `path` is `kubectl get`. */
export function commandHelp(path: string, command: Command, aliases: readonly string[] = []): string {
  const sections = [`${command.long ?? `${command.short}.`}\n`];
  if (aliases.length > 0) sections.push(`Aliases:\n${[path.split(' ').at(-1), ...aliases].join(', ')}\n`);
  if (command.examples?.length)
    sections.push(
      `Examples:\n${command.examples.map(([comment, line]) => `  # ${comment}\n  ${line}`).join('\n  \n')}\n`,
    );
  if (command.subcommands) sections.push(`Available Commands:\n${table(command.subcommands)}\n`);
  if (command.flags?.length) sections.push(`Options:\n${flagHelp(command.flags)}\n`);
  sections.push(`Usage:\n  ${path}${command.use ? ` ${command.use}` : ''} [options]\n`);
  const more = command.subcommands
    ? `Use "${path} <command> --help" for more information about a given command.\n`
    : '';
  return `${sections.join('\n')}\n${more}Use "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

/** `kubectl options`. */
export const optionsHelp = (): string =>
  `The following options can be passed to any command:\n\n${flagHelp(GLOBAL_FLAGS)}\n`;

function flagHelp(flags: readonly Flag[]): string {
  return [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const short = flag.shorthand ? `-${flag.shorthand}, ` : '';
      return `    ${short}--${flag.name}=${defaultText(flag)}:\n\t${flag.usage}`;
    })
    .join('\n\n');
}

function defaultText(flag: Flag): string {
  if (flag.shown !== undefined) return flag.shown;
  if (Array.isArray(flag.default)) return `[${flag.default.join(',')}]`;
  if (flag.kind === 'string') return `'${flag.default as string}'`;
  if (flag.kind === 'duration') return `${(flag.default as number) / 1000}s`;
  return String(flag.default);
}
