/** vi's movements: where the cursor goes. */
export interface Position {
  row: number;
  column: number;
}

const kindOf = (char: string | undefined): 'blank' | 'word' | 'other' =>
  char === undefined || /\s/.test(char) ? 'blank' : /[\p{L}\p{N}_]/u.test(char) ? 'word' : 'other';

/** The new position, or undefined for a key that is no movement. It may lie outside the line; the caller clamps it. */
export function motion(
  key: string,
  lines: readonly string[],
  from: Position,
  count: number,
): Position | undefined {
  const line = lines[from.row]!;
  switch (key) {
    case 'h':
      return { row: from.row, column: Math.max(0, from.column - count) };
    case 'l':
    case ' ':
      return { row: from.row, column: from.column + count };
    case 'j':
    case 'C-n':
      return { row: Math.min(lines.length - 1, from.row + count), column: from.column };
    case 'k':
    case 'C-p':
      return { row: Math.max(0, from.row - count), column: from.column };
    case '+':
      return { row: Math.min(lines.length - 1, from.row + count), column: 0 };
    case '-':
      return { row: Math.max(0, from.row - count), column: 0 };
    case '0':
      return { row: from.row, column: 0 };
    case '^':
      return { row: from.row, column: line.length - line.trimStart().length };
    case '$':
      return { row: from.row, column: Math.max(0, line.length - 1) };
    case 'w':
    case 'b':
    case 'e': {
      let at = from;
      for (let i = 0; i < count; i++)
        at = key === 'w' ? wordForward(lines, at) : key === 'b' ? wordBack(lines, at) : wordEnd(lines, at);
      return at;
    }
    default:
      return undefined;
  }
}

function wordForward(lines: readonly string[], { row, column }: Position): Position {
  const line = lines[row]!;
  const kind = kindOf(line[column]);
  let at = column;
  while (at < line.length && kind !== 'blank' && kindOf(line[at]) === kind) at++;
  while (at < line.length && kindOf(line[at]) === 'blank') at++;
  if (at < line.length || row + 1 >= lines.length) return { row, column: at };
  const next = lines[row + 1]!;
  return { row: row + 1, column: next.length - next.trimStart().length };
}

function wordBack(lines: readonly string[], { row, column }: Position): Position {
  const line = lines[row]!;
  let at = column - 1;
  while (at >= 0 && kindOf(line[at]) === 'blank') at--;
  if (at < 0)
    return row === 0 ? { row, column: 0 } : { row: row - 1, column: Math.max(0, lines[row - 1]!.length - 1) };
  const kind = kindOf(line[at]);
  while (at > 0 && kindOf(line[at - 1]) === kind) at--;
  return { row, column: at };
}

function wordEnd(lines: readonly string[], { row, column }: Position): Position {
  const line = lines[row]!;
  let at = column + 1;
  while (at < line.length && kindOf(line[at]) === 'blank') at++;
  if (at >= line.length)
    return row + 1 < lines.length
      ? wordEnd(lines, { row: row + 1, column: -1 })
      : { row, column: Math.max(0, line.length - 1) };
  const kind = kindOf(line[at]);
  while (at + 1 < line.length && kindOf(line[at + 1]) === kind) at++;
  return { row, column: at };
}
