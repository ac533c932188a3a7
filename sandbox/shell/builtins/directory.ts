/** `cd`, `pwd`, `pushd`, `popd`, `dirs`. */
import { mayAccess } from '../../os/credentials.ts';
import { Errno } from '../../os/errno.ts';
import { resolvePath } from '../../os/path.ts';
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

/** Goes to `path`; the message is undefined when that worked. */
function change(shell: Shell, path: string, physical: boolean): string | undefined {
  const { process, variables } = shell;
  const logical = resolvePath(variables.get('PWD') ?? process.directory, path);
  let target: string;
  try {
    const files = process.fileSystem;
    const stat = files.stat(logical);
    if (stat.kind !== 'directory') throw new Errno('ENOTDIR');
    if (!mayAccess(process.user, stat, 1)) throw new Errno('EACCES');
    target = physical ? files.realPath(logical) : logical;
  } catch (error) {
    if (error instanceof Errno) return `${path}: ${error.message}`;
    throw error;
  }
  variables.set('OLDPWD', variables.get('PWD') ?? process.directory);
  variables.set('PWD', target);
  process.directory = target;
  return undefined;
}

export function* cd(shell: Shell, argv: string[]): Step<number> {
  const { variables } = shell;
  let words = argv.slice(1);
  let physical = shell.options.has('physical');
  while (/^-[LPe@]+$/.test(words[0] ?? '')) {
    const option = words.shift()!;
    physical = option.lastIndexOf('P') > option.lastIndexOf('L');
  }
  if (words[0] === '--') words = words.slice(1);
  if (words[0] !== undefined && /^-./.test(words[0])) {
    yield* shell.complain(`cd: ${words[0].slice(0, 2)}: invalid option`);
    yield shell.process.printError('cd: usage: cd [-L|[-P [-e]] [-@]] [dir]\n') ?? Promise.resolve();
    return 2;
  }
  if (words.length > 1) {
    yield* shell.complain('cd: too many arguments');
    return 1;
  }
  let path = words[0];
  let show = false;
  if (path === undefined) {
    path = variables.get('HOME');
    if (path === undefined) {
      yield* shell.complain('cd: HOME not set');
      return 1;
    }
  } else if (path === '-') {
    path = variables.get('OLDPWD');
    show = true;
    if (path === undefined) {
      yield* shell.complain('cd: OLDPWD not set');
      return 1;
    }
  }
  const search = variables.get('CDPATH');
  if (search && !/^(\/|\.\.?(\/|$))/.test(path)) {
    for (const directory of search.split(':')) {
      const candidate = resolvePath(resolvePath(shell.process.directory, directory || '.'), path);
      if (change(shell, candidate, physical) === undefined) {
        if (directory !== '' && directory !== '.') yield* shell.print(`${variables.get('PWD')}\n`);
        return 0;
      }
    }
  }
  const problem = path === '' ? undefined : change(shell, path, physical);
  if (problem !== undefined) {
    yield* shell.complain(`cd: ${problem}`);
    return 1;
  }
  if (show) yield* shell.print(`${variables.get('PWD')}\n`);
  return 0;
}

export function* pwd(shell: Shell, argv: string[]): Step<number> {
  const physical = argv.slice(1).some((word) => /^-[LP]*P$/.test(word));
  const directory = shell.variables.get('PWD') ?? shell.process.directory;
  yield* shell.print(`${physical ? shell.process.fileSystem.realPath(directory) : directory}\n`);
  return 0;
}

function shorten(shell: Shell, path: string): string {
  const home = shell.variables.get('HOME');
  if (!home || home === '/') return path;
  return path === home ? '~' : path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function list(shell: Shell): string {
  return [shell.variables.get('PWD') ?? shell.process.directory, ...shell.directoryStack]
    .map((path) => shorten(shell, path))
    .join(' ');
}

export function* dirs(shell: Shell, argv: string[]): Step<number> {
  if (argv.includes('-c')) {
    shell.directoryStack = [];
    return 0;
  }
  const all = [shell.variables.get('PWD') ?? shell.process.directory, ...shell.directoryStack];
  if (argv.includes('-v')) {
    yield* shell.print(all.map((path, i) => `${String(i).padStart(2)}  ${shorten(shell, path)}\n`).join(''));
  } else if (argv.includes('-p')) yield* shell.print(all.map((path) => `${shorten(shell, path)}\n`).join(''));
  else if (argv.includes('-l')) yield* shell.print(`${all.join(' ')}\n`);
  else yield* shell.print(`${list(shell)}\n`);
  return 0;
}

export function* pushd(shell: Shell, argv: string[]): Step<number> {
  const current = shell.variables.get('PWD') ?? shell.process.directory;
  let target = argv[1];
  if (target === undefined) {
    target = shell.directoryStack.shift();
    if (target === undefined) {
      yield* shell.complain('pushd: no other directory');
      return 1;
    }
  }
  const problem = change(shell, target, false);
  if (problem !== undefined) {
    yield* shell.complain(`pushd: ${problem}`);
    return 1;
  }
  shell.directoryStack.unshift(current);
  yield* shell.print(`${list(shell)}\n`);
  return 0;
}

export function* popd(shell: Shell): Step<number> {
  const target = shell.directoryStack.shift();
  if (target === undefined) {
    yield* shell.complain('popd: directory stack empty');
    return 1;
  }
  const problem = change(shell, target, false);
  if (problem !== undefined) {
    yield* shell.complain(`popd: ${problem}`);
    return 1;
  }
  yield* shell.print(`${list(shell)}\n`);
  return 0;
}
