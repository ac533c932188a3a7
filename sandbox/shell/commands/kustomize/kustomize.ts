/**
 * `kustomize build`, `kustomize version`. Left out: `edit`, `create`, `cfg` and `fn`, which write
 * kustomizations or run other programs.
 */
import type { Program } from '../../../os/machine.ts';
import { Errno } from '../../../os/errno.ts';
import { encode } from '../../../core/bytes.ts';
import type { Process } from '../../../os/process.ts';
import { flag, FlagError, parseFlags } from '../kubectl/flags.ts';
import { toYaml } from '../kubectl/printers/yaml.ts';
import { build } from './build.ts';
import { KustomizeError } from './resource.ts';

const VERSION = 'v5.7.1';

export const BUILD_FLAGS = [
  flag('output,o', '', 'Write to this file, or into this directory a file each.'),
  flag(
    'load-restrictor',
    'LoadRestrictionsRootOnly',
    'LoadRestrictionsNone lets kustomizations read files outside their directory.',
  ),
];

const USAGE = `Manages declarative configuration of Kubernetes.

Usage:
  kustomize [command]

Available Commands:
  build       Build a kustomization target from a directory
  version     Prints the kustomize version
`;

export const program: Program = async (process) => {
  const [verb, ...rest] = process.argv.slice(1);
  try {
    switch (verb) {
      case 'version':
        await process.print(`${VERSION}\n`);
        return 0;
      case 'build': {
        const flags = parseFlags([...BUILD_FLAGS, flag('help,h', false, 'Help.')], rest);
        if (flags.bool('help')) {
          await process.print(
            'Usage:\n  kustomize build DIR [-o FILE] [--load-restrictor LoadRestrictionsNone]\n',
          );
          return 0;
        }
        await printBuild(process, flags.positional, flags.string('output'), flags.string('load-restrictor'));
        return 0;
      }
      case undefined:
      case 'help':
      case '--help':
      case '-h':
        await process.print(USAGE);
        return 0;
    }
    await process.printError(
      ['edit', 'create', 'cfg', 'fn', 'localize'].includes(verb)
        ? `Error: ${verb} is not part of this kustomize: write kustomization.yaml with an editor\n`
        : `Error: unknown command ${JSON.stringify(verb)} for "kustomize"\nRun 'kustomize --help' for usage.\n`,
    );
    return 1;
  } catch (error) {
    if (!(error instanceof KustomizeError || error instanceof FlagError)) throw error;
    await process.printError(`Error: ${error.message}\n`);
    return 1;
  }
};

/** Builds the directory that the arguments name and prints it, or writes it to `output`. */
export async function printBuild(
  process: Process,
  args: readonly string[],
  output: string,
  restrictor: string,
): Promise<void> {
  if (args.length > 1) throw new KustomizeError('specify one path to kustomization.yaml');
  const { text, warnings } = buildText(process, args[0] ?? '.', restrictor === 'LoadRestrictionsNone');
  for (const line of warnings) await process.printError(`${line}\n`);
  if (!output) {
    await process.print(text);
    return;
  }
  try {
    process.fileSystem.writeFile(process.resolve(output), encode(text));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new KustomizeError(`open ${output}: ${error.message.toLowerCase()}`);
  }
}

/** The manifests of a kustomization, as `kustomize build` prints them, and what is to be warned of. */
export function buildText(
  process: Process,
  path: string,
  unrestricted = false,
): { text: string; warnings: string[] } {
  const warnings: string[] = [];
  const objects = build({
    files: process.fileSystem,
    path,
    directory: process.directory,
    warn: (line) => warnings.push(line),
    unrestricted,
  });
  return { text: objects.map(toYaml).join('---\n'), warnings };
}
