/** Text laid out on a terminal: tabs to their stops, lines folded where the screen ends, escape sequences of no width. */
import { characterWidth } from './columns.ts';

const TAB_STOP = 8;
/** SGR and other CSI sequences, whole. */
const ESCAPE = new RegExp(`^${'\u001b'}\\[[0-9;?]*[A-Za-z]`);

/** A line of text as the rows it takes on a screen of so many columns; an empty line is one empty row. */
export function screenRows(line: string, columns: number): string[] {
  const rows: string[] = [];
  let [row, width] = ['', 0];
  for (let i = 0; i < line.length;) {
    const escape = line[i] === '\u001b' ? ESCAPE.exec(line.slice(i))?.[0] : undefined;
    if (escape !== undefined) {
      row += escape;
      i += escape.length;
      continue;
    }
    const char = String.fromCodePoint(line.codePointAt(i)!);
    i += char.length;
    const text = char === '\t' ? ' '.repeat(TAB_STOP - (width % TAB_STOP)) : char;
    const size = char === '\t' ? text.length : characterWidth(char.codePointAt(0)!);
    if (width + size > columns && width > 0) {
      rows.push(row);
      [row, width] = ['', 0];
    }
    row += text;
    width += size;
  }
  rows.push(row);
  return rows;
}

/** Tabs as blanks. */
export function expandTabs(text: string): string {
  let [out, width] = ['', 0];
  for (const char of text) {
    const shown = char === '\t' ? ' '.repeat(TAB_STOP - (width % TAB_STOP)) : char;
    out += shown;
    width += char === '\t' ? shown.length : characterWidth(char.codePointAt(0)!);
  }
  return out;
}
