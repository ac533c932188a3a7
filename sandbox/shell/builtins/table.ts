/** The builtins by name. */
import type { Assignment } from 'unbash';
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';
import { alias, hash, unalias } from './alias.ts';
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
import { declare, exportVariables, local, readonlyVariables, unset } from './declare.ts';
import { cd, dirs, popd, pushd, pwd } from './directory.ts';
import { echo } from './echo.ts';
import { getopts, letBuiltin } from './getopts.ts';
import { fc, help, history } from './history.ts';
import { caller } from './caller.ts';
import { bg, disown, fg, jobs, kill, wait } from './jobs.ts';
import { times, ulimit, umask } from './limits.ts';
import { printf } from './printf.ts';
import { mapfile, read } from './read.ts';
import { set, shift, shopt } from './set.ts';
import { test } from './test.ts';
import { trap } from './trap.ts';
import { type } from './type.ts';

/**
 * `argv[0]` is the name. `declarations` are the arguments of builtins that assign, with assignments still
 * unexpanded. The result is the exit code, at once when there was nothing to wait for.
 */
export type Builtin = (
  shell: Shell,
  argv: string[],
  declarations?: (string | Assignment)[],
) => number | Step<number>;

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
  caller,
  cd,
  command,
  declare,
  typeset: declare,
  dirs,
  echo,
  eval: evaluateText,
  exec,
  exit,
  export: exportVariables,
  local,
  popd,
  pushd,
  pwd,
  readonly: readonlyVariables,
  return: returnFrom,
  set,
  shift,
  shopt,
  type,
  unset,
  alias,
  unalias,
  hash,
  getopts,
  let: letBuiltin,
  fc,
  help,
  history,
  bg,
  disown,
  fg,
  jobs,
  kill,
  wait,
  times,
  ulimit,
  umask,
  printf,
  mapfile,
  readarray: mapfile,
  read,
  trap,
});

/** Builtins whose arguments may be assignments. */
export const DECLARATIONS = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

/** POSIX' special builtins. */
export const SPECIAL_BUILTINS = new Set(
  'break : . continue eval exec exit export readonly return set shift trap unset times'.split(' '),
);
