/** Tab completion: commands, files, variables, and what a command's own module proposes. */
import type { Process } from '../../os/process.ts';
import { joinPath } from '../../os/path.ts';
import { compareNames } from '../glob.ts';
import type { Shell } from '../shell.ts';

export interface Completion {
  /** Where the word that is completed begins, in UTF-16 units. */
  start: number;
  candidates: Candidate[];
}

export interface Candidate {
  /** What the word becomes, quoted for the shell. */
  text: string;
  /** Shown in the menu. */
  label: string;
  /** Follows when it is the only one: a blank, or `/` for directories. */
  suffix: string;
}

interface Word {
  start: number;
  /** Without quotes and backslashes. */
  value: string;
  /** As it was typed. */
  text: string;
}

/** Proposals for the word that ends at the end of `before`. */
export async function complete(shell: Shell, before: string): Promise<Completion> {
  const { words, quote } = splitWords(before);
  const word = words.at(-1)!;
  const index = words.length - 1;
  const variable = /^(.*)\$(\{?)(\w*)$/s.exec(word.text);
  if (variable && quote !== "'") {
    const [, head = '', brace = '', prefix = ''] = variable;
    const names = shell.variables.names().filter((name) => name.startsWith(prefix));
    return {
      start: word.start,
      candidates: names.map((name) => ({
        text: `${head}$${brace}${name}${brace ? '}' : ''}`,
        label: `$${name}`,
        suffix: ' ',
      })),
    };
  }
  if (index === 0 && !word.value.includes('/'))
    return { start: word.start, candidates: commands(shell, word.value) };
  if (index > 0) {
    const proposals = await fromCommand(shell, words, index);
    if (proposals) {
      const candidates = proposals
        .filter((each) => each.startsWith(word.value))
        .map((each) => ({ text: quoteFor(each, quote), label: each, suffix: /[=/]$/.test(each) ? '' : ' ' }));
      if (candidates.length > 0) return { start: word.start, candidates };
    }
  }
  // Behind `=` (`--file=`, `X=`) a path begins anew.
  const equals = /^(--?[\w-]+=|\w+=)/.exec(word.text)?.[0] ?? '';
  const value = equals ? word.value.slice(word.value.indexOf('=') + 1) : word.value;
  const directoriesOnly = index > 0 && /^(cd|pushd|rmdir)$/.test(words[0]!.value);
  const candidates = files(shell.process, shell, value, quote, { directoriesOnly, executable: index === 0 });
  return { start: word.start + equals.length, candidates };
}

/** The words of the command that the cursor is in; the last may be empty. `quote` is the one left open. */
function splitWords(text: string): { words: Word[]; quote: string } {
  let words: Word[] = [];
  let current: Word | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote) {
      current!.text += char;
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && i + 1 < text.length) {
        current!.text += text[++i]!;
        current!.value += text[i]!;
      } else current!.value += char;
      continue;
    }
    if (/\s/.test(char)) {
      if (char === '\n') words = [];
      else if (current) words.push(current);
      current = undefined;
      continue;
    }
    if (/[|&;(<>]/.test(char) || (char === '`' && !current) || (char === '{' && !current)) {
      const redirects = char === '<' || char === '>';
      if (redirects) {
        if (current && !/^\d+$/.test(current.value)) words.push(current);
        words = [...words, { start: i, value: '', text: '' }];
      } else words = [];
      current = undefined;
      continue;
    }
    current ??= { start: i, value: '', text: '' };
    current.text += char;
    if (char === '"' || char === "'") quote = char;
    else if (char === '\\' && i + 1 < text.length) {
      current.text += text[++i]!;
      current.value += text[i]!;
    } else current.value += char;
    if (text.slice(current.start, i + 1).endsWith('$(')) {
      words = [];
      current = undefined;
    }
  }
  words.push(current ?? { start: text.length, value: '', text: '' });
  // Assignments and words like `sudo` or `time` do not count as the command.
  while (
    words.length > 1 &&
    /^(\w+=.*|time|exec|command|builtin|nohup|then|do|else|if|while|until|!)$/s.test(words[0]!.value)
  )
    words.shift();
  return { words, quote };
}

function commands(shell: Shell, prefix: string): Candidate[] {
  const names = new Set<string>([
    ...shell.interpreter.builtinNames(),
    ...shell.functions.keys(),
    ...shell.aliases.keys(),
    ...shell.process.machine.programNames(),
    ...(prefix === '' ? [] : ['if', 'for', 'while', 'until', 'case', 'function', 'select', 'time']),
  ]);
  const files = shell.process.fileSystem;
  for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
    try {
      for (const name of files.readDirectory(shell.process.resolve(directory))) {
        if (
          name.startsWith(prefix) &&
          files.stat(shell.process.resolve(joinPath(directory, name))).mode & 0o111
        )
          names.add(name);
      }
    } catch {
      // No such directory.
    }
  }
  return [...names]
    .filter((name) => name.startsWith(prefix))
    .sort(compareNames)
    .map((name) => ({ text: name, label: name, suffix: ' ' }));
}

async function fromCommand(shell: Shell, words: Word[], index: number): Promise<string[] | undefined> {
  const { completions } = shell.process.machine;
  let name = words[0]!.value;
  let values = words.map((word) => word.value);
  const alias = shell.aliases.get(name);
  if (alias !== undefined) {
    const expanded = alias.trim().split(/\s+/);
    name = expanded[0]!;
    values = [...expanded, ...values.slice(1)];
    index += expanded.length - 1;
  }
  try {
    return await completions?.(shell.process, values, index);
  } catch {
    // A proposal that fails must not disturb the typing.
    return undefined;
  }
}

function files(
  process: Process,
  shell: Shell,
  value: string,
  quote: string,
  options: { directoriesOnly: boolean; executable: boolean },
): Candidate[] {
  const slash = value.lastIndexOf('/');
  const [head, prefix] = [value.slice(0, slash + 1), value.slice(slash + 1)];
  const home = shell.variables.get('HOME') ?? '/';
  const directory = process.resolve((head === '' ? '.' : head).replace(/^~(?=\/)/, home));
  const system = process.fileSystem;
  let names: string[];
  try {
    names = system.readDirectory(directory);
  } catch {
    return [];
  }
  const out: Candidate[] = [];
  for (const name of names) {
    if (!name.startsWith(prefix) || (name.startsWith('.') && !prefix.startsWith('.'))) continue;
    let isDirectory = false;
    try {
      const stat = system.stat(joinPath(directory, name));
      isDirectory = stat.kind === 'directory';
      if (options.executable && !isDirectory && !(stat.mode & 0o111)) continue;
    } catch {
      // A dangling symlink is still a name.
    }
    if (options.directoriesOnly && !isDirectory) continue;
    const tilde = head.startsWith('~/');
    const text = tilde ? `~/${quoteFor(head.slice(2) + name, quote)}` : quoteFor(head + name, quote);
    out.push({ text, label: isDirectory ? `${name}/` : name, suffix: isDirectory ? '/' : ' ' });
  }
  return out;
}

function quoteFor(text: string, quote: string): string {
  if (quote === "'") return `'${text}`;
  if (quote === '"') return `"${text.replace(/["$`\\]/g, '\\$&')}`;
  return text.replace(/[\s"'`$&|;<>()*?[\]\\!#{}]/g, '\\$&');
}
