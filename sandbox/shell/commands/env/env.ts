/** GNU `env`. */
import { defineCommand } from '../command.ts';
import { runCommand } from '../run-command.ts';

export const program = defineCommand(
  {
    short: '+iu:0C:S:v',
    long: { 'ignore-environment': 'i', unset: 'u', null: '0', chdir: 'C', 'split-string': 'S' },
    usage:
      'env [OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]\nSet each NAME to VALUE in the environment and run COMMAND.\n\n  -i, --ignore-environment  start with an empty environment\n  -0, --null                end each output line with NUL, not newline\n  -u, --unset=NAME          remove variable from the environment\n  -C, --chdir=DIR           change working directory to DIR',
  },
  async (process, options, operands) => {
    let words = options.has('S') ? [...options.get('S')!.split(/\s+/), ...operands] : operands;
    const clean = options.has('i') || words[0] === '-';
    if (words[0] === '-') words = words.slice(1);
    const environment: Record<string, string> = clean ? {} : { ...process.environment };
    for (const name of options.all('u')) delete environment[name];
    while (/^[^=]+=/.test(words[0] ?? '')) {
      const word = words[0]!;
      environment[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1);
      words = words.slice(1);
    }
    const directory = options.get('C');
    if (directory !== undefined) process.directory = process.resolve(directory);
    if (words.length > 0) {
      return await runCommand(process, words, { environment });
    }
    const end = options.has('0') ? '\0' : '\n';
    await process.print(
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}${end}`)
        .join(''),
    );
    return 0;
  },
);
