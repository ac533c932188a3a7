/** `PS1` and its relatives: backslash escapes as bash(1) lists them under PROMPTING. */
import type { Step } from './coroutine.ts';
import type { Shell } from './shell.ts';

/** The prompt with its escapes replaced and `$` expansions done by `expand`. */
export function* promptText(
  shell: Shell,
  prompt: string,
  expand: (text: string) => Step<string>,
): Step<string> {
  let out = '';
  for (let i = 0; i < prompt.length; i++) {
    const char = prompt[i]!;
    if (char !== '\\' || i + 1 === prompt.length) {
      out += char;
      continue;
    }
    const escape = prompt[++i]!;
    if (/[0-7]/.test(escape)) {
      const digits = /^[0-7]{1,3}/.exec(prompt.slice(i))![0];
      out += String.fromCharCode(Number.parseInt(digits, 8));
      i += digits.length - 1;
    } else if (escape === 'D' && prompt[i + 1] === '{') {
      const end = prompt.indexOf('}', i);
      out += new Date(shell.process.machine.clock.now()).toISOString().slice(11, 19);
      i = end < 0 ? prompt.length : end;
    } else out += escapeText(shell, escape);
  }
  return EXPANDS.test(out) && shell.shopts.has('promptvars') ? yield* expand(out) : out;
}

/** An expansion, or a backslash that may quote a `$`; a `$` by itself is one. */
const EXPANDS = /`|\$[\w{([@*#?$!-]|\$.*\\|\\.*\$/s;

function escapeText(shell: Shell, escape: string): string {
  const { process } = shell;
  const time = new Date(process.machine.clock.now());
  switch (escape) {
    case 'a':
      return '\u0007';
    case 'd':
      return time.toUTCString().replace(/^(\w+), (\d+) (\w+).*/, '$1 $3 $2');
    case 'e':
      return '\u001b';
    case 'h':
      return process.machine.hostname.split('.')[0]!;
    case 'H':
      return process.machine.hostname;
    case 'j':
      return String(shell.jobs.all.length);
    case 'l':
      return process.terminal?.name?.split('/').at(-1) ?? 'tty';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 's':
      return shell.name.replace(/^-/, '').split('/').at(-1)!;
    case 't':
      return time.toISOString().slice(11, 19);
    case 'T':
      return `${String(time.getUTCHours() % 12 || 12).padStart(2, '0')}${time.toISOString().slice(13, 19)}`;
    case '@':
      return `${String(time.getUTCHours() % 12 || 12).padStart(2, '0')}${time.toISOString().slice(13, 16)} ${time.getUTCHours() < 12 ? 'AM' : 'PM'}`;
    case 'A':
      return time.toISOString().slice(11, 16);
    case 'u':
      return shell.variables.get('USER') ?? (process.user.uid === 0 ? 'root' : String(process.user.uid));
    case 'v':
      return '5.2';
    case 'V':
      return '5.2.15';
    case 'w':
      return shortDirectory(shell);
    case 'W': {
      const directory = shortDirectory(shell);
      return directory === '/' || directory === '~'
        ? directory
        : directory.slice(directory.lastIndexOf('/') + 1);
    }
    case '!':
    case '#':
      return String(shell.history.length + 1);
    case '$':
      return process.user.uid === 0 ? '#' : '$';
    case '[':
    case ']':
      // Non-printing text needs no marks: the line editor knows escape sequences.
      return '';
    case '\\':
      return '\\';
    default:
      return `\\${escape}`;
  }
}

function shortDirectory(shell: Shell): string {
  const directory = shell.variables.get('PWD') ?? shell.process.directory;
  const home = shell.variables.get('HOME');
  if (!home || home === '/') return directory;
  if (directory === home) return '~';
  return directory.startsWith(`${home}/`) ? `~${directory.slice(home.length)}` : directory;
}
