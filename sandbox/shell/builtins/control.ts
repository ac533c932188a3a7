/** Builtins that steer: `:`, `true`, `false`, `break`, `continue`, `return`, `exit`, `eval`, `source`, `exec`, `command`, `builtin`. */
import { decode } from '../../core/bytes.ts';
import { Errno } from '../../os/errno.ts';
import { readWholeText } from '../../os/open.ts';
import { joinPath } from '../../os/path.ts';
import { Break, Continue, ExitShell, Return } from '../control-flow.ts';
import { settle, type Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

export const colon = (): number => 0;
export const falsehood = (): number => 1;

/** The number that `break`, `return` and the like take. */
function* count(shell: Shell, argv: string[], fallback: number): Step<number> {
  const text = argv[1] === '--' ? argv[2] : argv[1];
  if (text === undefined) return fallback;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  yield* shell.complain(`${argv[0]}: ${text}: numeric argument required`);
  throw new ExitShell(argv[0] === 'return' || argv[0] === 'exit' ? 2 : 128);
}

export function* breakLoop(shell: Shell, argv: string[]): Step<number> {
  const levels = yield* count(shell, argv, 1);
  if (shell.loopDepth === 0) {
    yield* shell.complain(`${argv[0]}: only meaningful in a \`for', \`while', or \`until' loop`);
    return 0;
  }
  if (levels < 1) {
    yield* shell.complain(`${argv[0]}: ${levels}: loop count out of range`);
    throw new Break(shell.loopDepth);
  }
  const depth = Math.min(levels, shell.loopDepth);
  throw argv[0] === 'break' ? new Break(depth) : new Continue(depth);
}

export function* returnFrom(shell: Shell, argv: string[]): Step<number> {
  if (shell.functionNames.length === 0 && shell.sourceDepth === 0) {
    yield* shell.complain("return: can only `return' from a function or sourced script");
    return 2;
  }
  const text = argv[1] === '--' ? argv[2] : argv[1];
  if (text !== undefined && !/^[+-]?\d+$/.test(text)) {
    yield* shell.complain(`return: ${text}: numeric argument required`);
    throw new Return(2);
  }
  throw new Return(text === undefined ? shell.status : Number(text) & 255);
}

export function* exit(shell: Shell, argv: string[]): Step<number> {
  if (shell.interactive) {
    yield shell.process.printError(shell.name.startsWith('-') ? 'logout\n' : 'exit\n') ?? Promise.resolve();
    if (shell.jobs.all.some((job) => job.state === 'stopped') && !shell.warnedAboutJobs) {
      shell.warnedAboutJobs = true;
      yield* shell.complain('exit: There are stopped jobs.');
      return 1;
    }
  }
  const exitCode = yield* count(shell, argv, shell.status);
  if (argv.length > 2) {
    yield* shell.complain('exit: too many arguments');
    if (!shell.interactive) throw new ExitShell(1);
    return 1;
  }
  throw new ExitShell(exitCode & 255);
}

export function* evaluateText(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  if (words.length === 0) return 0;
  return yield* shell.interpreter.evaluate(shell, words.join(' '));
}

export function* source(shell: Shell, argv: string[]): Step<number> {
  const [name, path, ...args] = argv[1] === '--' ? [argv[0]!, ...argv.slice(2)] : argv;
  if (path === undefined) {
    yield* shell.complain(`${name}: filename argument required`);
    yield shell.process.printError(`${name}: usage: ${name} filename [arguments]\n`) ?? Promise.resolve();
    return 2;
  }
  let text: string;
  try {
    text = yield* settle(readScript(shell, path));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    yield* shell.complain(
      error.code === 'EISDIR' ? `${name}: ${path}: is a directory` : `${path}: ${error.message}`,
    );
    return 1;
  }
  const { positional } = shell;
  if (args.length > 0) shell.positional = args;
  shell.sourceDepth++;
  shell.sourceFiles.push(path);
  try {
    return yield* shell.interpreter.evaluate(shell, text, 1);
  } catch (error) {
    if (error instanceof Return) return error.exitCode;
    throw error;
  } finally {
    shell.sourceDepth--;
    shell.sourceFiles.pop();
    if (args.length > 0) shell.positional = positional;
  }
}

/** A sourced file is looked for along PATH too, and need not be executable. */
async function readScript(shell: Shell, path: string): Promise<string> {
  const { process } = shell;
  const files = process.fileSystem;
  if (!path.includes('/')) {
    for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
      const candidate = process.resolve(joinPath(directory || '.', path));
      try {
        if (files.stat(candidate).kind === 'file') return decode(files.readFile(candidate));
      } catch {
        // Not in this directory.
      }
    }
  }
  return await readWholeText(process, path);
}

export function* exec(shell: Shell, argv: string[]): Step<number> {
  let words = argv.slice(1);
  let name: string | undefined;
  let clean = false;
  while (words[0]?.startsWith('-') && words[0] !== '-') {
    const option = words.shift()!;
    if (option === '--') break;
    if (option === '-a') name = words.shift();
    else if (option === '-c') clean = true;
    else if (option === '-l') name = `-${words[0] ?? ''}`;
    else {
      yield* shell.complain(`exec: ${option}: invalid option`);
      yield (
        shell.process.printError(
          'exec: usage: exec [-cl] [-a name] [command [argument ...]] [redirection ...]\n',
        ) ?? Promise.resolve()
      );
      return 2;
    }
  }
  if (words.length === 0) return 0;
  const environment = clean ? {} : shell.environment();
  const interactive = shell.interactive;
  shell.interactive = false;
  const exitCode = yield* shell.interpreter.runProgram(shell, words, environment, {
    mayBecomeProgram: true,
    text: words.join(' '),
    command: 'exec',
  });
  shell.interactive = interactive;
  void name;
  // Only a failure to find it comes back; the shell ends either way, unless somebody sits in front of it.
  if (interactive && (exitCode === 127 || exitCode === 126)) return exitCode;
  throw new ExitShell(exitCode);
}

export function* command(shell: Shell, argv: string[]): Step<number> {
  let words = argv.slice(1);
  let describe: 'v' | 'V' | undefined;
  while (/^-[pvV]+$/.test(words[0] ?? '')) {
    const option = words.shift()!;
    if (option.includes('V')) describe = 'V';
    else if (option.includes('v')) describe = 'v';
  }
  if (words[0] === '--') words = words.slice(1);
  if (words.length === 0) return 0;
  if (!describe) return yield* shell.interpreter.runArguments(shell, words, { noFunctions: true });
  const { describeCommand } = yield* settle(import('./type.ts'));
  let status = 1;
  for (const word of words) {
    const text = yield* describeCommand(shell, word, describe === 'v' ? 'command' : 'type');
    if (text === undefined) {
      if (describe === 'V') yield* shell.complain(`command: ${word}: not found`);
      continue;
    }
    status = 0;
    yield* shell.print(`${text}\n`);
  }
  return status;
}

export function* builtin(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  if (words.length === 0) return 0;
  if (!shell.hasBuiltin(words[0]!)) {
    yield* shell.complain(`builtin: ${words[0]}: not a shell builtin`);
    return 1;
  }
  return yield* shell.interpreter.runArguments(shell, words, { noFunctions: true });
}
