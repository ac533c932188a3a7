/** `ulimit`, `umask`, `times`. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

export function* umask(shell: Shell, argv: string[]): Step<number> {
  const symbolic = argv.includes('-S');
  const command = argv.includes('-p') ? `umask ${symbolic ? '-S ' : ''}` : '';
  const text = argv.slice(1).find((word) => word !== '-S' && word !== '-p');
  const { process } = shell;
  if (text === undefined) {
    const letters = (bits: number) => `${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
    const allowed = ~process.umask;
    yield* shell.print(
      symbolic
        ? `${command}u=${letters((allowed >> 6) & 7)},g=${letters((allowed >> 3) & 7)},o=${letters(allowed & 7)}\n`
        : `${command}${process.umask.toString(8).padStart(4, '0')}\n`,
    );
    return 0;
  }
  const fromLetters = symbolicMask(process.umask, text);
  if (fromLetters !== undefined) {
    process.umask = fromLetters;
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

/** `u=rwx,g-w`: what is allowed, so the mask is its complement. Undefined when it is no such list. */
function symbolicMask(mask: number, text: string): number | undefined {
  let allowed = ~mask & 0o777;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (!match) return undefined;
    const [, who = '', operator, letters = ''] = match;
    let bits = 0;
    for (const letter of letters) bits |= { r: 4, w: 2, x: 1 }[letter]!;
    for (const each of who === '' || who.includes('a') ? 'ugo' : who) {
      const shift = { u: 6, g: 3, o: 0 }[each]!;
      if (operator === '=') allowed = (allowed & ~(7 << shift)) | (bits << shift);
      else if (operator === '+') allowed |= bits << shift;
      else allowed &= ~(bits << shift);
    }
  }
  return ~allowed & 0o777;
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
  const unknown = [...flags].find((letter) => !'abcdefiklmnpqrstuvxPRT'.includes(letter));
  if (unknown !== undefined) {
    yield* shell.complain(`ulimit: -${unknown}: invalid option`);
    yield (
      shell.process.printError('ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]\n') ??
      Promise.resolve()
    );
    return 2;
  }
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
