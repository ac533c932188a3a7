/**
 * busybox' words. Most applets are the shell's commands, which speak as GNU's do; what they print on
 * standard error, and the few listings that are set differently, are reworded here on their way out.
 * The words are those of busybox 1.35 on the same occasions.
 */
import { encode } from '../../../core/bytes.ts';
import type { Program } from '../../../os/machine.ts';
import { OpenFile } from '../../../os/open-file.ts';
import type { Process } from '../../../os/process.ts';
import { usageOf } from './synopsis.ts';

/** A pattern for a message (without the command's name in front), and what busybox says; null: nothing. */
type Rule = [pattern: RegExp, words: string | null];

const CANNOT_OPEN: Rule = [/^(.+): (No such file or directory|Permission denied)$/, "can't open '$1': $2"];
const CANNOT_ACCESS: Rule = [/^cannot access '(.*)': /, '$1: '];
const INVALID_NUMBER: Rule = [/^invalid time interval /, 'invalid number '];

const RULES: Record<string, Rule[]> = {
  cat: [CANNOT_OPEN, [/^.+: Is a directory$/, 'read error: Is a directory']],
  chmod: [[/^invalid mode: /, 'invalid mode '], [/^changing permissions of '(.*)': /, '$1: '], CANNOT_ACCESS],
  cp: [
    [/^cannot stat /, "can't stat "],
    [/^-r not specified; /, ''],
    [/^cannot create (?:regular file|directory|symbolic link) /, "can't create "],
    [/^cannot open ('.*') for reading: /, "can't open $1: "],
    [/^target '(.*)': /, "can't stat '$1': "],
  ],
  cut: [[/^you must specify /, 'expected ']],
  diff: [[/^(.+): No such file or directory$/, "can't stat '$1': No such file or directory"]],
  du: [CANNOT_ACCESS],
  env: [[/^'(.*)': /, "can't execute '$1': "]],
  find: [[/^[‘'](.*)['’]: /, '$1: ']],
  grep: [[/^.+: Is a directory$/, null]],
  head: [[/^(.+): Is a directory$/, '$1: Input/output error']],
  id: [[/^[‘']?(.+?)['’]?: no such user$/, 'unknown user $1']],
  ln: [[/^failed to (?:create (?:hard|symbolic) link|access) '(.*?)'(?: [-=]> '.*')?: /, '$1: ']],
  ls: [
    [/^cannot access '(.*)': /, '$1: '],
    [/^cannot open directory '(.*)': /, "can't open '$1': "],
  ],
  md5sum: [CANNOT_OPEN],
  mkdir: [[/^cannot create directory /, "can't create directory "]],
  mv: [
    [/^cannot stat ('.*'): /, "can't rename $1: "],
    [/^cannot move ('.*') to '.*': /, "can't rename $1: "],
  ],
  rm: [
    [/^cannot remove ('.*'): Is a directory$/, '$1 is a directory'],
    [/^cannot remove /, "can't remove "],
  ],
  rmdir: [[/^failed to remove /, '']],
  sha256sum: [CANNOT_OPEN],
  sleep: [INVALID_NUMBER],
  stat: [[/^cannot statx? /, "can't stat "]],
  tail: [CANNOT_OPEN],
  timeout: [INVALID_NUMBER, [/^failed to run command '(.*)': /, "can't execute '$1': "]],
  touch: [[/^cannot touch '(.*)': /, '$1: ']],
  uniq: [CANNOT_OPEN],
};

/** Exit codes that differ. */
const EXIT_CODES: Record<string, Record<number, number>> = {
  ls: { 2: 1 },
  timeout: { 124: 143, 125: 1 },
};

/** Lines of standard output that are set differently. */
const LINES: Record<string, (line: string) => string> = {
  ls: (line) =>
    line.replace(
      /^([-bcdlps][-rwxsStT]{9}) +(\d+) +(\S+) +(\S+) +(\S+) (\w{3} [ \d]\d .{5}) /,
      (_, mode: string, links: string, user: string, group: string, size: string, time: string) =>
        `${mode} ${links.padStart(4)} ${user.padEnd(8)} ${group.padEnd(8)} ${size.padStart(9)} ${time} `,
    ),
  wc: (line) => {
    const [, counts = '', name = ''] = /^ *((?:\d+ *)+?)( \D.*| \S*\D.*)?$/.exec(line) ?? [];
    const words = counts.trim().split(/ +/);
    if (words.length === 1 && name === '') return words[0]!;
    return words.map((count) => count.padStart(9)).join(' ') + name;
  },
};

/** GNU messages that come with `Try '… --help'` and that busybox has too, in front of its usage. */
const KEPT_WITH_USAGE = /^(?:invalid option|unrecognized option|option )/;

/** What `name` says instead of `text` (whole lines). */
export function reword(name: string, text: string): string {
  const hint = `Try '${name} --help' for more information.\n`;
  const isUsage = text.endsWith(hint);
  const lines = (isUsage ? text.slice(0, -hint.length) : text).split('\n');
  lines.pop();
  let said = '';
  let reworded = false;
  for (const line of lines) {
    if (!line.startsWith(`${name}: `)) {
      if (!isUsage) said += `${line}\n`;
      continue;
    }
    const message = line.slice(name.length + 2);
    const rule = RULES[name]?.find(([pattern]) => pattern.test(message));
    if (rule) {
      reworded = true;
      if (rule[1] !== null) said += `${name}: ${message.replace(rule[0], rule[1])}\n`;
    } else if (!isUsage || KEPT_WITH_USAGE.test(message)) said += `${line}\n`;
  }
  return isUsage && !reworded ? said + (usageOf(name) ?? '') : said;
}

/** `program` with the words of the applet `name`. */
export function inBusyboxWords(name: string, program: Program): Program {
  return async (process) => {
    if (process.argv.slice(1).includes('--help') && usageOf(name)) {
      await process.printError(usageOf(name)!);
      return 0;
    }
    rewrite(process, 2, (text) => reword(name, text));
    const setLine = LINES[name];
    if (setLine) rewrite(process, 1, (text) => text.replaceAll(/[^\n]+/g, setLine));
    const exitCode = (await program(process)) ?? 0;
    return EXIT_CODES[name]?.[exitCode] ?? exitCode;
  };
}

/** Passes what is written to a descriptor through `change`, whole lines at a time. */
function rewrite(process: Process, fd: number, change: (text: string) => string): void {
  const file = process.files[fd];
  const write = file?.operations.write?.bind(file.operations);
  if (!file || !write) return;
  // Most programs write nothing there.
  let decoder: TextDecoder | undefined;
  let rest = '';
  const { terminal, path } = file.operations;
  process.files[fd] = new OpenFile({
    ...(terminal ? { terminal } : {}),
    ...(path === undefined ? {} : { path }),
    write(bytes) {
      decoder ??= new TextDecoder();
      rest += decoder.decode(bytes, { stream: true });
      const end = rest.lastIndexOf('\n') + 1;
      if (end === 0) return undefined;
      const text = change(rest.slice(0, end));
      rest = rest.slice(end);
      return text === '' ? undefined : write(encode(text));
    },
    onClose() {
      if (rest !== '') void write(encode(rest));
      file.close();
    },
  }).acquire();
}
