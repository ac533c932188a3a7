/**
 * Source text → syntax tree, on the `unbash` parser: whether the text is complete (or the prompt has to ask
 * for more), what is wrong with it in bash's words, and what aliases make of it.
 */
import type { Command, HereDoc, Script, SyntaxNode, Word, WordPart } from 'unbash';
import { parser } from './parser.ts';

export type ParseResult =
  | { kind: 'complete'; script: Script; source: string; warnings: string[] }
  /** More lines are needed; `token` is what bash says it was looking for. */
  | { kind: 'incomplete'; message: string; line: number }
  | { kind: 'error'; message: string; line: number };

const parseScript = (source: string) => parser().parse(source);

/** Parses `source`; with `aliases`, command names are replaced first. */
export function parseInput(source: string, aliases?: ReadonlyMap<string, string>): ParseResult {
  let script = parseScript(source);
  if (aliases && aliases.size > 0) {
    source = expandAliases(source, script, aliases);
    script = parseScript(source);
  }
  const error = script.errors?.[0];
  if (error) {
    const line = source.slice(0, error.pos).split('\n').length;
    const missing = missingToken(error.message, source, error.pos);
    if (missing !== undefined) return { kind: 'incomplete', message: missing, line };
    return { kind: 'error', message: syntaxError(source, error.pos, error.message), line };
  }
  if (/(?:^|[^\\])(?:\\\\)*\\\n?$/.test(source) && !source.trimEnd().startsWith('#')) {
    return { kind: 'incomplete', message: 'unexpected end of file', line: 1 };
  }
  const open = openHereDocument(script);
  const warnings: string[] = [];
  if (open) {
    // The caller decides: a prompt asks for more, a script ends here with a warning.
    const wanted = open.delimiter?.value ?? '';
    const line = source.slice(0, open.pos).split('\n').length;
    warnings.push(`here-document at line ${line} delimited by end-of-file (wanted \`${wanted}')`);
  }
  return { kind: 'complete', script, source, warnings };
}

/** What an unfinished construct waits for, or undefined when the error is not about the end of the text. */
function missingToken(message: string, source: string, at: number): string | undefined {
  const quote = /^unterminated (.*)$/.exec(message)?.[1];
  if (quote) {
    const token =
      {
        'single quote': "'",
        'double quote': '"',
        'ANSI-C quote': "'",
        backtick: '`',
        'command substitution': ')',
      }[quote] ??
      (quote.includes('parameter')
        ? '}'
        : quote.includes('double')
          ? '"'
          : quote.includes('single')
            ? "'"
            : quote.includes('backtick')
              ? '`'
              : ')');
    return `unexpected EOF while looking for matching \`${token}'`;
  }
  if (at >= source.trimEnd().length && message.startsWith('expected'))
    return 'syntax error: unexpected end of file';
  return undefined;
}

/** bash: `syntax error near unexpected token`. */
function syntaxError(source: string, at: number, message: string): string {
  const rest = source.slice(at);
  const token = /^[ \t]*(\n|&&|\|\||;;&|;;|;&|<<-|<<<|<<|>>|<&|>&|<>|>\||&>|[|&;()<>]|[^\s|&;()<>]+)/.exec(
    rest,
  )?.[1];
  if (token === undefined) return `syntax error: ${message}`;
  return `syntax error near unexpected token \`${token === '\n' ? 'newline' : token}'`;
}

/** A here-document whose delimiter has not come yet. */
function openHereDocument(script: Script): HereDoc | undefined {
  let found: HereDoc | undefined;
  const visit = (node: SyntaxNode): void => {
    if (found) return;
    if (node.type === 'HereDoc') {
      if (!node.closing) found = node;
      return;
    }
    // Words are left alone: looking into them would parse every substitution.
    if (node.type !== 'Word') parser().forEachChild(node, visit);
  };
  for (const statement of script.commands) visit(statement);
  return found;
}

/** Replaces command names that are aliases, and what they begin with, until nothing changes. */
function expandAliases(source: string, script: Script, aliases: ReadonlyMap<string, string>): string {
  const done = new Map<number, Set<string>>();
  /** Where an alias that ends in a blank was put. */
  const blankEnds = new Set<number>();
  for (let round = 0; round < 100; round++) {
    let hit: { word: Word; value: string } | undefined;
    const consider = (word: Word | undefined): boolean => {
      if (!word || hit || word.parts || word.text !== word.value) return false;
      const value = aliases.get(word.value);
      if (value === undefined || done.get(word.pos)?.has(word.value)) return false;
      hit = { word, value };
      return true;
    };
    const visit = (node: SyntaxNode): void => {
      if (hit || node.type === 'Word') return;
      if (node.type === 'Command') considerCommand(node);
      if (!hit) parser().forEachChild(node, visit);
    };
    const considerCommand = (command: Command): void => {
      if (consider(command.name)) return;
      // After an alias that ends in a blank the next word counts too.
      const name = command.name;
      const first = command.suffix.find((each) => each.type === 'Word');
      if (
        name &&
        first?.type === 'Word' &&
        /[ \t]$/.test(source.slice(name.end, first.pos)) &&
        blankEnds.has(name.pos)
      )
        consider(first);
    };
    for (const statement of script.commands) visit(statement);
    if (!hit) return source;
    const { word, value } = hit;
    const names = done.get(word.pos) ?? new Set<string>();
    names.add(word.value);
    done.set(word.pos, names);
    if (/[ \t]$/.test(value)) blankEnds.add(word.pos);
    source = source.slice(0, word.pos) + value + source.slice(word.end);
    script = parseScript(source);
  }
  return source;
}

const textParts = new Map<string, readonly WordPart[]>();

/** The expansions in `text` as inside double quotes, where `"` is an ordinary character (arithmetic, prompts). */
export function partsOfText(text: string): readonly WordPart[] {
  let parts = textParts.get(text);
  if (parts) return parts;
  const delimiter = 'END_OF_EXPANDED_TEXT';
  const script = parseScript(`:<<${delimiter}\n${text}\n${delimiter}\n`);
  const command = script.commands[0]?.command;
  const document = command?.type === 'Command' ? command.suffix[0] : undefined;
  parts =
    document?.type === 'HereDoc'
      ? withoutLastNewline(document.body.parts ?? [literal(document.body.text)])
      : [];
  if (textParts.size > 500) textParts.clear();
  textParts.set(text, parts);
  return parts;
}

/** A here-document's body ends with a newline that the text did not have. */
function withoutLastNewline(parts: readonly WordPart[]): readonly WordPart[] {
  const last = parts.at(-1);
  if (last?.type !== 'Literal') return parts;
  return [...parts.slice(0, -1), literal(last.value.replace(/\n$/, ''))];
}

const literal = (text: string): WordPart => ({
  type: 'Literal',
  pos: 0,
  end: text.length,
  text,
  value: text,
});

/** The words that brace expansion left as text, parsed again. */
export function parseWord(text: string): Word | undefined {
  const command = parseScript(`: ${text}`).commands[0]?.command;
  const word = command?.type === 'Command' ? command.suffix[0] : undefined;
  return word?.type === 'Word' ? word : undefined;
}
