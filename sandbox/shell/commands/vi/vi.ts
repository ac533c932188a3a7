/**
 * A small `vi` for those whose fingers know it: movement, insert and replace, operators d c y with counts,
 * undo, search, and `:w :q :wq :x :q! :e!`, `:N`. No macros, registers, visual mode or regular expressions.
 */
import { decode, encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import type { Terminal } from '../../../os/terminal.ts';
import { KeyReader } from '../../readline/keys.ts';
import { textWidth } from '../columns.ts';
import { CommandError, defineCommand } from '../command.ts';
import { expandTabs } from '../screen-rows.ts';
import { motion, type Position } from './motion.ts';

export const program = defineCommand(
  { short: 'R', usage: 'vi [FILE]\nEdit FILE. :wq writes and quits, :q! quits without writing.' },
  async (process, _options, operands) => {
    const terminal = process.files[0]?.terminal;
    const file = process.files[0];
    if (!terminal || !file || !process.files[1]?.terminal)
      throw new CommandError('standard input and output must be a terminal');
    return await new Editor(
      process,
      terminal,
      new KeyReader(process, file, { meta: false }),
      operands[0],
    ).run();
  },
);

interface State {
  lines: string[];
  cursor: Position;
}

class Editor {
  readonly #process: Process;
  readonly #terminal: Terminal;
  readonly #keys: KeyReader;
  #path: string | undefined;
  #lines: string[] = [''];
  #cursor: Position = { row: 0, column: 0 };
  #top = 0;
  #saved = '';
  #message = '';
  #undo: State[] = [];
  #register: { text: string; lines: boolean } = { text: '', lines: false };
  #search = '';
  #inserting = false;

  constructor(process: Process, terminal: Terminal, keys: KeyReader, path: string | undefined) {
    this.#process = process;
    this.#terminal = terminal;
    this.#keys = keys;
    this.#path = path;
  }

  async run(): Promise<number> {
    this.#load();
    this.#terminal.setRaw(true);
    const watch = this.#terminal.onResize(() => void this.#draw());
    await this.#process.print('\u001b[?1049h');
    try {
      for (;;) {
        // What was pasted is drawn once, not letter by letter.
        let key = this.#keys.now();
        if (key === undefined) {
          await this.#draw();
          key = await this.#keys.next();
        } else await this.#process.tick();
        if (key === undefined) return 1;
        this.#message = '';
        if (this.#inserting) this.#insertKey(key);
        else if (await this.#commandKey(key)) return 0;
      }
    } finally {
      watch.dispose();
      this.#terminal.setRaw(false);
      this.#process.log('\u001b[?1049l');
    }
  }

  get #text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  get #line(): string {
    return this.#lines[this.#cursor.row]!;
  }

  #load(): void {
    this.#lines = [''];
    if (this.#path !== undefined) {
      try {
        const text = decode(this.#process.fileSystem.readFile(this.#process.resolve(this.#path)));
        this.#lines = text.replace(/\n$/, '').split('\n');
        this.#message = `"${this.#path}" ${this.#lines.length}L, ${text.length}B`;
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        this.#message =
          error.code === 'ENOENT' ? `"${this.#path}" [New]` : `"${this.#path}" ${error.message}`;
      }
    }
    this.#saved = this.#text;
    this.#cursor = { row: 0, column: 0 };
  }

  #remember(): void {
    this.#undo.push({ lines: [...this.#lines], cursor: { ...this.#cursor } });
    if (this.#undo.length > 200) this.#undo.shift();
  }

  #clamp(): void {
    this.#cursor.row = Math.max(0, Math.min(this.#lines.length - 1, this.#cursor.row));
    const last = this.#line.length - (this.#inserting ? 0 : 1);
    this.#cursor.column = Math.max(0, Math.min(last, this.#cursor.column));
  }

  // ---- insert mode

  #startInsert(): void {
    this.#remember();
    this.#inserting = true;
  }

  #insertKey(key: string): void {
    const { row, column } = this.#cursor;
    const line = this.#line;
    if (key === 'Escape' || key === 'C-c' || key === 'C-[') {
      this.#inserting = false;
      this.#cursor.column--;
    } else if (key === 'Enter') this.#insertText('\n');
    else if (key === 'Tab') this.#insertText('\t');
    else if (key.startsWith('paste:')) this.#insertText(key.slice('paste:'.length));
    else if (key === 'Backspace' && column > 0) {
      this.#lines[row] = line.slice(0, column - 1) + line.slice(column);
      this.#cursor.column--;
    } else if (key === 'Backspace' && row > 0) {
      this.#cursor = { row: row - 1, column: this.#lines[row - 1]!.length };
      this.#lines.splice(row - 1, 2, this.#lines[row - 1]! + line);
    } else if (key === 'Delete') this.#lines[row] = line.slice(0, column) + line.slice(column + 1);
    else if ([...key].length === 1) this.#insertText(key);
    else this.#cursor = motion(ARROWS[key] ?? '', this.#lines, this.#cursor, 1) ?? this.#cursor;
    this.#clamp();
  }

  #insertText(text: string): void {
    const { row, column } = this.#cursor;
    const pieces = (this.#line.slice(0, column) + text).split('\n');
    const end = pieces.at(-1)!.length;
    pieces[pieces.length - 1] += this.#line.slice(column);
    this.#lines.splice(row, 1, ...pieces);
    this.#cursor = { row: row + pieces.length - 1, column: end };
  }

  // ---- command mode

  /** True when the editor is to end. */
  async #commandKey(first: string): Promise<boolean> {
    let digits = '';
    let key: string | undefined = first;
    while (key !== undefined && (/^[1-9]$/.test(key) || (key === '0' && digits !== ''))) {
      digits += key;
      key = await this.#keys.next();
    }
    if (key === undefined) return true;
    const count = Number(digits || 1);
    key = ARROWS[key] ?? key;
    if (key === ':') return await this.#colon();
    if (key === 'Z') return (await this.#keys.next()) === 'Z' && this.#write(undefined);
    if (key === 'd' || key === 'c' || key === 'y' || key === '>' || key === '<')
      await this.#operate(key, count);
    else if (key === '/') {
      const wanted = await this.#ask('/');
      if (wanted) this.#search = wanted;
      this.#find(1);
    } else if (key === 'n' || key === 'N') this.#find(key === 'n' ? 1 : -1);
    else if (key === 'g') {
      if ((await this.#keys.next()) === 'g') this.#cursor = { row: digits ? count - 1 : 0, column: 0 };
    } else if (key === 'G') this.#cursor = { row: digits ? count - 1 : this.#lines.length - 1, column: 0 };
    else if (key === 'r') {
      const char = await this.#keys.next();
      if (char !== undefined && [...char].length === 1) {
        this.#remember();
        this.#lines[this.#cursor.row] =
          this.#line.slice(0, this.#cursor.column) + char + this.#line.slice(this.#cursor.column + 1);
      }
    } else if (!this.#simple(key, count)) {
      const to = motion(key, this.#lines, this.#cursor, count);
      if (to) this.#cursor = to;
    }
    this.#clamp();
    return false;
  }

  /** Commands of one key; false for what is none. */
  #simple(key: string, count: number): boolean {
    const { row, column } = this.#cursor;
    const indent = this.#line.length - this.#line.trimStart().length;
    switch (key) {
      case 'i':
        break;
      case 'I':
        this.#cursor.column = indent;
        break;
      case 'a':
        this.#cursor.column = this.#line === '' ? 0 : column + 1;
        break;
      case 'A':
        this.#cursor.column = this.#line.length;
        break;
      case 'o':
      case 'O':
        this.#startInsert();
        this.#lines.splice(key === 'o' ? row + 1 : row, 0, ' '.repeat(indent));
        this.#cursor = { row: key === 'o' ? row + 1 : row, column: indent };
        return true;
      case 'x':
        this.#remember();
        this.#register = { text: this.#line.slice(column, column + count), lines: false };
        this.#lines[row] = this.#line.slice(0, column) + this.#line.slice(column + count);
        return true;
      case 'D':
      case 'C':
        this.#startInsert();
        this.#inserting = key === 'C';
        this.#register = { text: this.#line.slice(column), lines: false };
        this.#lines[row] = this.#line.slice(0, column);
        return true;
      case 'J':
        this.#remember();
        if (row + 1 < this.#lines.length)
          this.#lines.splice(row, 2, `${this.#line.trimEnd()} ${this.#lines[row + 1]!.trimStart()}`);
        return true;
      case 'p':
      case 'P':
        this.#put(key === 'p');
        return true;
      case 'u': {
        const state = this.#undo.pop();
        if (state) [this.#lines, this.#cursor] = [state.lines, state.cursor];
        return true;
      }
      case 'C-f':
      case 'C-d':
        this.#cursor.row += key === 'C-f' ? this.#terminal.rows - 2 : this.#terminal.rows >> 1;
        return true;
      case 'C-b':
      case 'C-u':
        this.#cursor.row -= key === 'C-b' ? this.#terminal.rows - 2 : this.#terminal.rows >> 1;
        return true;
      default:
        return false;
    }
    this.#startInsert();
    return true;
  }

  #put(after: boolean): void {
    this.#remember();
    const { row } = this.#cursor;
    if (this.#register.lines) {
      this.#lines.splice(after ? row + 1 : row, 0, ...this.#register.text.split('\n'));
      this.#cursor = { row: after ? row + 1 : row, column: 0 };
      return;
    }
    if (after && this.#line !== '') this.#cursor.column++;
    this.#insertText(this.#register.text);
    this.#cursor.column--;
  }

  async #operate(operator: string, count: number): Promise<void> {
    let key = await this.#keys.next();
    let digits = '';
    while (key !== undefined && /^[1-9]$/.test(key)) {
      digits += key;
      key = await this.#keys.next();
    }
    if (key === undefined) return;
    const times = count * Number(digits || 1);
    key = ARROWS[key] ?? key;
    const { row, column } = this.#cursor;
    const linewise = key === operator || key === 'j' || key === 'k' || key === 'G';
    if (linewise || operator === '>' || operator === '<') {
      const target =
        key === operator
          ? row + times - 1
          : key === 'j'
            ? row + times
            : key === 'k'
              ? row - times
              : key === 'G'
                ? this.#lines.length - 1
                : row;
      const [from, to] = [
        Math.max(0, Math.min(row, target)),
        Math.min(this.#lines.length - 1, Math.max(row, target)),
      ];
      this.#remember();
      if (operator === '>' || operator === '<') {
        for (let i = from; i <= to; i++)
          this.#lines[i] = operator === '>' ? `  ${this.#lines[i]}` : this.#lines[i]!.replace(/^ {1,2}/, '');
        return;
      }
      this.#register = { text: this.#lines.slice(from, to + 1).join('\n'), lines: true };
      if (operator === 'y') return;
      this.#lines.splice(from, to - from + 1, ...(operator === 'c' ? [''] : []));
      if (this.#lines.length === 0) this.#lines = [''];
      this.#cursor = { row: from, column: 0 };
      this.#inserting = operator === 'c';
      return;
    }
    // `cw` changes the word and leaves the blank behind it.
    const to = motion(operator === 'c' && key === 'w' ? 'e' : key, this.#lines, this.#cursor, times);
    if (!to || to.row !== row) return;
    const inclusive = key === 'e' || key === '$' || (operator === 'c' && key === 'w');
    const [start, end] = [Math.min(column, to.column), Math.max(column, to.column) + (inclusive ? 1 : 0)];
    this.#remember();
    this.#register = { text: this.#line.slice(start, end), lines: false };
    this.#cursor.column = start;
    if (operator === 'y') return;
    this.#lines[row] = this.#line.slice(0, start) + this.#line.slice(end);
    this.#inserting = operator === 'c';
  }

  #find(step: 1 | -1): void {
    if (this.#search === '') return;
    const { row, column } = this.#cursor;
    for (let i = 0; i <= this.#lines.length; i++) {
      const at = (row + step * i + this.#lines.length * 2) % this.#lines.length;
      const line = this.#lines[at]!;
      const found =
        step > 0
          ? line.indexOf(this.#search, i === 0 ? column + 1 : 0)
          : line.lastIndexOf(this.#search, i === 0 ? column - 1 : Infinity);
      if (found < 0 || (step < 0 && i === 0 && column === 0)) continue;
      this.#cursor = { row: at, column: found };
      return;
    }
    this.#message = `Pattern not found: ${this.#search}`;
  }

  // ---- the last line

  async #ask(prompt: string): Promise<string | undefined> {
    let text = '';
    for (;;) {
      await this.#process.print(`\u001b[${this.#terminal.rows};1H\u001b[K${prompt}${text}`);
      const key = await this.#keys.next();
      if (key === undefined || key === 'Escape' || key === 'C-c') return undefined;
      if (key === 'Enter') return text;
      if (key === 'Backspace') {
        if (text === '') return undefined;
        text = text.slice(0, -1);
      } else if ([...key].length === 1) text += key;
    }
  }

  async #colon(): Promise<boolean> {
    const command = ((await this.#ask(':')) ?? '').trim();
    const match = /^(w|wq|x|q|e|r)?(!)?(?:\s+(\S+))?$/.exec(command);
    if (/^\d+$/.test(command)) this.#cursor = { row: Number(command) - 1, column: 0 };
    else if (command === '$') this.#cursor.row = this.#lines.length - 1;
    else if (command === '') return false;
    else if (!match?.[1]) this.#message = `Not an editor command: ${command}`;
    else if (match[1] === 'q') {
      if (match[2] || this.#text === this.#saved) return true;
      this.#message = 'No write since last change (add ! to override)';
    } else if (match[1] === 'e') {
      if (match[2] || this.#text === this.#saved) {
        this.#path = match[3] ?? this.#path;
        this.#load();
      } else this.#message = 'No write since last change (add ! to override)';
    } else if (match[1] === 'w') this.#write(match[3]);
    else return this.#write(match[3]);
    this.#clamp();
    return false;
  }

  #write(path: string | undefined): boolean {
    this.#path ??= path;
    const target = path ?? this.#path;
    if (target === undefined) {
      this.#message = 'No file name';
      return false;
    }
    try {
      this.#process.fileSystem.writeFile(this.#process.resolve(target), encode(this.#text));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      this.#message = `"${target}" ${error.message}`;
      return false;
    }
    if (target === this.#path) this.#saved = this.#text;
    this.#message = `"${target}" ${this.#lines.length}L, ${this.#text.length}B written`;
    return true;
  }

  async #draw(): Promise<void> {
    const { rows, columns } = this.#terminal;
    const { row, column } = this.#cursor;
    const height = rows - 1;
    if (row < this.#top) this.#top = row;
    if (row >= this.#top + height) this.#top = row - height + 1;
    const place = textWidth(expandTabs(this.#line.slice(0, column)));
    const shift = Math.max(0, place - columns + 8);
    let out = '\u001b[H';
    for (let i = 0; i < height; i++) {
      const line = this.#lines[this.#top + i];
      out += `${line === undefined ? '~' : expandTabs(line).slice(shift, shift + columns - 1)}\u001b[K\r\n`;
    }
    const status = this.#inserting ? '-- INSERT --' : this.#message;
    const ruler = `${row + 1},${column + 1}`;
    const left = status.slice(0, Math.max(0, columns - ruler.length - 2)).padEnd(Math.max(0, columns - 18));
    out += `${left.length + ruler.length < columns ? left : `${left.trimEnd()} `}${ruler}\u001b[K`;
    out += `\u001b[${row - this.#top + 1};${place - shift + 1}H`;
    await this.#process.print(out);
  }
}

const ARROWS: Record<string, string> = {
  Left: 'h',
  Right: 'l',
  Up: 'k',
  Down: 'j',
  Home: '0',
  End: '$',
  Backspace: 'h',
  Enter: '+',
  PageDown: 'C-f',
  PageUp: 'C-b',
  Delete: 'x',
};
