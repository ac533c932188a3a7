/** The builtins by name. */
import type { Assignment } from 'unbash';
import { settle, type Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';
import {
  breakLoop,
  builtin,
  colon,
  command,
  evaluateText,
  exec,
  exit,
  falsehood,
  returnFrom,
  source,
} from './control.ts';
import { cd, dirs, popd, pushd, pwd } from './directory.ts';
import { echo } from './echo.ts';
import { test } from './test.ts';

/**
 * `argv[0]` is the name. `declarations` are the arguments of builtins that assign, with assignments still
 * unexpanded. The result is the exit code, at once when there was nothing to wait for.
 */
export type Builtin = (
  shell: Shell,
  argv: string[],
  declarations?: (string | Assignment)[],
) => number | Step<number>;

/** Loads a builtin when it is first used, and puts it into the table for the times after that. */
const lazily = (name: string, load: () => Promise<Builtin>): Builtin =>
  function* (shell, argv, declarations): Step<number> {
    const loaded = yield* settle(load());
    BUILTINS[name] = loaded;
    const result = loaded(shell, argv, declarations);
    return typeof result === 'number' ? result : yield* result;
  };

const lazyTable = (loads: Record<string, () => Promise<Builtin>>): Record<string, Builtin> =>
  Object.fromEntries(Object.entries(loads).map(([name, load]) => [name, lazily(name, load)]));

/** Without a prototype, so that `constructor` is no command. */
export const BUILTINS: Record<string, Builtin | undefined> = Object.assign(Object.create(null) as object, {
  ':': colon,
  true: colon,
  false: falsehood,
  '.': source,
  source,
  '[': test,
  test,
  break: breakLoop,
  continue: breakLoop,
  builtin,
  cd,
  command,
  dirs,
  echo,
  eval: evaluateText,
  exec,
  exit,
  popd,
  pushd,
  pwd,
  return: returnFrom,
  ...lazyTable({
    alias: async () => (await import('./alias.ts')).alias,
    unalias: async () => (await import('./alias.ts')).unalias,
    hash: async () => (await import('./alias.ts')).hash,
    caller: async () => (await import('./caller.ts')).caller,
    declare: async () => (await import('./declare.ts')).declare,
    typeset: async () => (await import('./declare.ts')).declare,
    local: async () => (await import('./declare.ts')).local,
    export: async () => (await import('./declare.ts')).exportVariables,
    readonly: async () => (await import('./declare.ts')).readonlyVariables,
    unset: async () => (await import('./declare.ts')).unset,
    enable: async () => (await import('./enable.ts')).enable,
    getopts: async () => (await import('./getopts.ts')).getopts,
    let: async () => (await import('./getopts.ts')).letBuiltin,
    fc: async () => (await import('./history.ts')).fc,
    help: async () => (await import('./history.ts')).help,
    history: async () => (await import('./history.ts')).history,
    times: async () => (await import('./limits.ts')).times,
    ulimit: async () => (await import('./limits.ts')).ulimit,
    umask: async () => (await import('./limits.ts')).umask,
    printf: async () => (await import('./printf.ts')).printf,
    mapfile: async () => (await import('./read.ts')).mapfile,
    readarray: async () => (await import('./read.ts')).mapfile,
    read: async () => (await import('./read.ts')).read,
    set: async () => (await import('./set.ts')).set,
    shift: async () => (await import('./set.ts')).shift,
    shopt: async () => (await import('./set.ts')).shopt,
    trap: async () => (await import('./trap.ts')).trap,
    type: async () => (await import('./type.ts')).type,
    bg: async () => (await import('./jobs.ts')).bg,
    disown: async () => (await import('./jobs.ts')).disown,
    fg: async () => (await import('./jobs.ts')).fg,
    jobs: async () => (await import('./jobs.ts')).jobs,
    kill: async () => (await import('./jobs.ts')).kill,
    wait: async () => (await import('./jobs.ts')).wait,
  }),
});

/** Builtins whose arguments may be assignments. */
export const DECLARATIONS = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

/** POSIX' special builtins. */
export const SPECIAL_BUILTINS = new Set(
  'break : . continue eval exec exit export readonly return set shift trap unset times'.split(' '),
);
