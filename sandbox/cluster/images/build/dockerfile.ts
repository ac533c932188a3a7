/**
 * A Dockerfile as text, in instructions: BuildKit's `frontend/dockerfile/parser`. Parser directives, comments,
 * continued lines, flags, the JSON form, and heredocs of RUN, COPY and ADD. What the words of an instruction
 * mean is `instructions.ts`'; variables are `build-words.ts`'.
 */
import { BuildError } from '../../../os/container-engine.ts';
import { nearestName } from '../../../shell/nearest-name.ts';

export interface Heredoc {
  name: string;
  /** Variables in it are expanded (no quotes around the name). */
  expand: boolean;
  contents: string;
}

export interface Instruction {
  /** Upper case. */
  keyword: string;
  /** `--from=build` → `from`: `build`; a flag without a value is `true`. */
  flags: ReadonlyMap<string, string>;
  /** What follows keyword and flags, continued lines joined. */
  rest: string;
  /** `["a", "b"]`: the JSON form; undefined: the shell form. */
  json: string[] | undefined;
  heredocs: Heredoc[];
  /** All of it on one line, for progress and history. */
  text: string;
  /** First and last line, from 1. */
  lines: readonly [number, number];
}

export interface Dockerfile {
  instructions: Instruction[];
  escape: '\\' | '`';
}

const KEYWORDS = [
  'ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD',
  'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR',
]; // prettier-ignore
const WITH_HEREDOCS = new Set(['RUN', 'COPY', 'ADD']);
const WITH_JSON = new Set(['RUN', 'CMD', 'ENTRYPOINT', 'SHELL', 'COPY', 'ADD', 'VOLUME']);

/** Throws `BuildError`. */
export function parseDockerfile(source: string): Dockerfile {
  const lines = source
    .replace(/^\uFEFF/, '')
    .replace(/\r\n/g, '\n')
    .split('\n');
  const escape = escapeDirective(lines);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length;) {
    if (isSkipped(lines[at]!)) {
      at++;
      continue;
    }
    const start = at;
    let text = '';
    for (;;) {
      const line = lines[at]!;
      at++;
      if (text !== '' && isSkipped(line)) {
        if (at >= lines.length) break;
        continue;
      }
      const continued = continuation(line, escape);
      text += continued ?? line;
      if (continued === undefined || at >= lines.length) break;
    }
    const instruction = instructionOf(text.trim(), [start + 1, at]);
    at = takeHeredocs(instruction, lines, at);
    instructions.push({ ...instruction, lines: [start + 1, at] });
  }
  if (instructions.length === 0) throw new BuildError('file with no instructions');
  return { instructions, escape };
}

/** `# escape=\``, only above everything else. */
function escapeDirective(lines: readonly string[]): '\\' | '`' {
  for (const line of lines) {
    const directive = /^#\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line);
    if (!directive) break;
    if (directive[1]!.toLowerCase() === 'escape' && directive[2] === '`') return '`';
  }
  return '\\';
}

const isSkipped = (line: string): boolean => /^\s*(#|$)/.test(line);

/** The line without the character that continues it; undefined: it ends here. */
function continuation(line: string, escape: string): string | undefined {
  const trimmed = line.trimEnd();
  return trimmed.endsWith(escape) && !trimmed.endsWith(escape + escape)
    ? trimmed.slice(0, -escape.length)
    : undefined;
}

function instructionOf(text: string, lines: readonly [number, number]): Instruction {
  const [word = '', ...more] = text.split(/\s+/);
  const keyword = word.toUpperCase();
  if (!KEYWORDS.includes(keyword))
    throw parseError(lines, `unknown instruction: ${word}${suggestion(keyword)}`);
  let rest = text.slice(word.length).trimStart();
  const flags = new Map<string, string>();
  for (let flag; (flag = /^--([a-z-]+)(?:=("[^"]*"|\S*))?(?:\s+|$)/.exec(rest));) {
    flags.set(flag[1]!, (flag[2] ?? 'true').replace(/^"(.*)"$/, '$1'));
    rest = rest.slice(flag[0].length);
  }
  const json = WITH_JSON.has(keyword) ? jsonForm(rest) : undefined;
  const heredocs = WITH_HEREDOCS.has(keyword) && !json ? heredocMarks(rest) : [];
  return { keyword, flags, rest, json, heredocs, text: [keyword, ...more].join(' '), lines };
}

function jsonForm(rest: string): string[] | undefined {
  if (!rest.startsWith('[')) return undefined;
  try {
    const value = JSON.parse(rest) as unknown;
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
  } catch {
    // BuildKit takes what is no JSON for a command line, too.
    return undefined;
  }
}

const HEREDOC = /(?:^|[\s;&|(])\d*<<(-?)(['"]?)([a-zA-Z_]\w*)\2/g;

function heredocMarks(rest: string): Heredoc[] {
  return [...rest.matchAll(HEREDOC)].map(([, , quote, name]) => ({
    name: name!,
    expand: !quote,
    contents: '',
  }));
}

/** Reads the bodies of an instruction's heredocs; returns the line after them. */
function takeHeredocs(
  { heredocs, rest, lines: own }: Instruction,
  lines: readonly string[],
  at: number,
): number {
  for (const heredoc of heredocs) {
    const chomp = new RegExp(`<<-['"]?${heredoc.name}`).test(rest);
    const body: string[] = [];
    for (;;) {
      if (at >= lines.length) throw parseError(own, 'unterminated heredoc');
      const line = chomp ? lines[at]!.replace(/^\t+/, '') : lines[at]!;
      at++;
      if (line === heredoc.name) break;
      body.push(line);
    }
    heredoc.contents = body.map((line) => `${line}\n`).join('');
  }
  return at;
}

/** A mistake in an instruction, in the words that BuildKit has for it. */
export const parseError = (lines: readonly [number, number], message: string): BuildError =>
  new BuildError(`dockerfile parse error on line ${lines[0]}: ${message}`, lines);

/** ` (did you mean RUN?)` */
function suggestion(word: string): string {
  const nearest = nearestName(word, KEYWORDS);
  return nearest ? ` (did you mean ${nearest}?)` : '';
}
