/** GNU gettext's `envsubst`. */
import { defineCommand } from '../command.ts';

const REFERENCE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

export const program = defineCommand(
  {
    short: 'v',
    long: { variables: 'v' },
    usage:
      'envsubst [OPTION] [SHELL-FORMAT]\nSubstitutes the values of environment variables.\n\n  -v, --variables  output the variables occurring in SHELL-FORMAT\n\nIf a SHELL-FORMAT is given, only those environment variables that are referenced in it are substituted.',
  },
  async (process, options, operands) => {
    const named = operands[0] === undefined ? undefined : new Set(references(operands[0]));
    if (options.has('v')) {
      for (const name of named ?? []) await process.print(`${name}\n`);
      return 0;
    }
    const text = await process.readAll(0);
    await process.print(
      text.replace(REFERENCE, (whole, braced: string | undefined, bare: string | undefined) => {
        const name = (braced ?? bare)!;
        return named && !named.has(name) ? whole : (process.environment[name] ?? '');
      }),
    );
    return 0;
  },
);

const references = (text: string): string[] =>
  [...text.matchAll(REFERENCE)].map((match) => (match[1] ?? match[2])!);
