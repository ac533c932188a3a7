/** `getopts` and `let`. */
import { ExpansionError } from '../control-flow.ts';
import type { Step } from '../coroutine.ts';
import { evaluateNow } from '../arithmetic-expansion.ts';
import type { Shell } from '../shell.ts';

export function* getopts(shell: Shell, argv: string[]): Step<number> {
  const [, optionString, name, ...rest] = argv;
  if (optionString === undefined || name === undefined) {
    yield shell.process.printError('getopts: usage: getopts optstring name [arg ...]\n') ?? Promise.resolve();
    return 2;
  }
  const { variables } = shell;
  const words = rest.length > 0 ? rest : shell.positional;
  const silent = optionString.startsWith(':');
  let index = Number(variables.get('OPTIND') ?? 1);
  if (index !== shell.getoptsIndex) shell.getoptsOffset = 0;
  const finish = (status: number) => {
    variables.set('OPTIND', String(index));
    shell.getoptsIndex = index;
    return status;
  };
  const word = words[index - 1];
  if (shell.getoptsOffset === 0) {
    if (word === undefined || word === '-' || !word.startsWith('-')) {
      variables.set(name, '?');
      return finish(1);
    }
    if (word === '--') {
      index++;
      variables.set(name, '?');
      return finish(1);
    }
    shell.getoptsOffset = 1;
  }
  const letter = word![shell.getoptsOffset++]!;
  const at = letter === ':' ? -1 : optionString.indexOf(letter, silent ? 1 : 0);
  const last = shell.getoptsOffset >= word!.length;
  if (at < 0) {
    variables.set(name, '?');
    if (silent) variables.set('OPTARG', letter);
    else {
      if (variables.get('OPTARG') !== undefined) variables.unset('OPTARG');
      if (variables.get('OPTERR') !== '0')
        yield shell.process.printError(`${shell.name}: illegal option -- ${letter}\n`) ?? Promise.resolve();
    }
    if (last) {
      index++;
      shell.getoptsOffset = 0;
    }
    return finish(0);
  }
  if (optionString[at + 1] !== ':') {
    if (variables.get('OPTARG') !== undefined) variables.unset('OPTARG');
    variables.set(name, letter);
    if (last) {
      index++;
      shell.getoptsOffset = 0;
    }
    return finish(0);
  }
  const value = last ? words[index] : word!.slice(shell.getoptsOffset);
  index += last ? 2 : 1;
  shell.getoptsOffset = 0;
  if (value === undefined) {
    index--;
    variables.set(name, silent ? ':' : '?');
    if (silent) variables.set('OPTARG', letter);
    else {
      if (variables.get('OPTARG') !== undefined) variables.unset('OPTARG');
      if (variables.get('OPTERR') !== '0') {
        yield (
          shell.process.printError(`${shell.name}: option requires an argument -- ${letter}\n`) ??
          Promise.resolve()
        );
      }
    }
    return finish(0);
  }
  variables.set('OPTARG', value);
  variables.set(name, letter);
  return finish(0);
}

export function* letBuiltin(shell: Shell, argv: string[]): Step<number> {
  if (argv.length < 2) {
    yield* shell.complain('let: expression expected');
    return 1;
  }
  let value: number | bigint = 0;
  for (const expression of argv.slice(1)) {
    try {
      value = evaluateNow(shell, expression, 'let: ');
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      yield* shell.complain(error.message);
      return 1;
    }
  }
  return value == 0 ? 1 : 0;
}
