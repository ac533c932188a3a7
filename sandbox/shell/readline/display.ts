/** Draws prompt and line on the terminal, wrapped lines and wide characters included, and places the cursor. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { characterWidth } from '../commands/columns.ts';
import type { Terminal } from '../../os/terminal.ts';

const ESCAPE = /\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007)/y;

interface Position {
  row: number;
  column: number;
}

/** Where the cursor is after writing `text` from `from`, on a terminal that wraps at `columns`. */
function advance(from: Position, text: string, columns: number): Position {
  let { row, column } = from;
  for (let i = 0; i < text.length;) {
    ESCAPE.lastIndex = i;
    const escape = ESCAPE.exec(text);
    if (escape) {
      i += escape[0].length;
      continue;
    }
    const code = text.codePointAt(i)!;
    i += code > 0xffff ? 2 : 1;
    if (code === 10) {
      row++;
      column = 0;
      continue;
    }
    const width = characterWidth(code);
    if (column + width > columns) {
      row++;
      column = 0;
    }
    column += width;
  }
  if (column >= columns) {
    row++;
    column = 0;
  }
  return { row, column };
}

export class Display {
  readonly #terminal: Terminal;
  readonly #write: (text: string) => void;
  #row = 0;
  #prompt = '';
  #text = '';
  #cursor = 0;

  constructor(terminal: Terminal, write: (text: string) => void) {
    this.#terminal = terminal;
    this.#write = write;
  }

  /** The next `show` starts where the terminal's cursor is. */
  reset(): void {
    this.#row = 0;
    this.#prompt = '';
    this.#text = '';
    this.#cursor = 0;
  }

  /** @param below lines under the text (a menu); @param cursor index in UTF-16 units of `text` */
  show(prompt: string, text: string, cursor: number, below: readonly string[] = []): void {
    const { columns, rows } = this.#terminal;
    const appended = text.slice(this.#text.length);
    // The common case, a character typed at the end: only that is written.
    if (
      below.length === 0 &&
      prompt === this.#prompt &&
      this.#cursor === this.#text.length &&
      cursor === text.length &&
      text.startsWith(this.#text) &&
      !appended.includes('\n') &&
      advance({ row: 0, column: 0 }, prompt + text, columns).row === this.#row
    ) {
      this.#write(printable(appended));
      this.#text = text;
      this.#cursor = cursor;
      return;
    }
    let out = this.#row > 0 ? `\u001b[${this.#row}A\r\u001b[J` : '\r\u001b[J';
    const shown = printable(text);
    out += prompt + shown;
    const start = advance({ row: 0, column: 0 }, prompt, columns);
    let end = advance(start, shown, columns);
    if (end.column === 0 && end.row > 0 && !shown.endsWith('\n') && prompt + shown !== '') out += ' \r';
    const target = advance(start, printable(text.slice(0, cursor)), columns);
    for (const line of below.slice(0, Math.max(1, rows - 2))) {
      out += `\n${line}`;
      end = { row: end.row + 1, column: 1 };
    }
    if (below.length > 0) out += '\r';
    if (end.row > target.row) out += `\u001b[${end.row - target.row}A`;
    out += '\r';
    if (target.column > 0) out += `\u001b[${target.column}C`;
    this.#write(out);
    this.#row = target.row;
    this.#prompt = prompt;
    this.#text = below.length > 0 ? '\u0000' : text;
    this.#cursor = cursor;
  }
}

/** Control characters as `^X`, so that a line is as wide as it looks. */
const printable = (text: string): string =>
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, (char) =>
    char === '\t' ? '    ' : `^${String.fromCharCode(char.charCodeAt(0) ^ 64)}`,
  );
