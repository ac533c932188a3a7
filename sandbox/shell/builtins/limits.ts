/** `ulimit`, `umask`, `times`. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

export function* umask(shell: Shell, argv: string[]): Step<number> {
  const symbolic = argv.includes('-S');
  const text = argv.slice(1).find((word) => word !== '-S' && word !== '-p');
  const { process } = shell;
  if (text === undefined) {
    const letters = (bits: number) => `${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
    const allowed = ~process.umask;
    yield* shell.print(
      symbolic
        ? `u=${letters((allowed >> 6) & 7)},g=${letters((allowed >> 3) & 7)},o=${letters(allowed & 7)}\n`
        : `${process.umask.toString(8).padStart(4, '0')}\n`,
    );
    return 0;
  }
  if (!/^[0-7]+$/.test(text)) {
    yield* shell.complain(
      `umask: ${text}: ${/^\d+$/.test(text) ? 'octal number out of range' : 'invalid symbolic mode operator'}`,
    );
    return 1;
  }
  process.umask = Number.parseInt(text, 8) & 0o777;
  return 0;
}

/** Limits that exist here: processes. The others are shown as unlimited and cannot be lowered. */
export function* ulimit(shell: Shell, argv: string[]): Step<number> {
  const flags = argv
    .slice(1)
    .filter((word) => word.startsWith('-'))
    .join('')
    .replaceAll('-', '')
    .replace(/[HS]/g, '');
  const value = argv.slice(1).find((word) => !word.startsWith('-'));
  const { machine } = shell.process;
  if (flags.includes('a')) {
    yield* shell.print(
      `core file size              (blocks, -c) 0\nfile size                   (blocks, -f) unlimited\nopen files                          (-n) 1024\npipe size                (512 bytes, -p) 128\nstack size                  (kbytes, -s) unlimited\nmax user processes                  (-u) ${machine.processLimit}\n`,
    );
    return 0;
  }
  if (flags === 'u') {
    if (value === undefined) {
      yield* shell.print(`${machine.processLimit}\n`);
      return 0;
    }
    const limit = value === 'unlimited' ? Infinity : Number(value);
    if (Number.isNaN(limit)) {
      yield* shell.complain(`ulimit: ${value}: invalid number`);
      return 1;
    }
    if (limit > machine.processLimit) {
      yield* shell.complain('ulimit: max user processes: cannot modify limit: Operation not permitted');
      return 1;
    }
    machine.processLimit = limit;
    return 0;
  }
  if (value === undefined)
    yield* shell.print(flags === 'n' ? '1024\n' : flags === 'c' ? '0\n' : 'unlimited\n');
  return 0;
}

export function* times(shell: Shell): Step<number> {
  yield* shell.print('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');
  return 0;
}
