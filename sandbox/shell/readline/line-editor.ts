/** Line editing as in readline's emacs mode, on a raw terminal. */
import { encode } from '../../core/bytes.ts';
import { Killed, type Process } from '../../os/process.ts';
import type { OpenFile } from '../../os/open-file.ts';
import type { Terminal } from '../../os/terminal.ts';
import { layOutColumns, textWidth } from '../commands/columns.ts';
import type { Candidate, Completion } from './completion.ts';
import { Display } from './display.ts';
import { KeyReader } from './keys.ts';
import { LineBuffer } from './line-buffer.ts';

export interface LineEditorInit {
  process: Process;
  /** The terminal's open file. */
  file: OpenFile;
  terminal: Terminal;
  /** Past lines, oldest first; only read. */
  history: readonly string[];
  complete(before: string): Promise<Completion>;
}

interface Menu {
  candidates: Candidate[];
  start: number;
  selected: number;
}

/** Bracketed paste on and off. */
const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
/** More candidates than this are not shown at once. */
const MAX_MENU = 200;

export class LineEditor {
  readonly #init: LineEditorInit;
  readonly #keys: KeyReader;
  readonly #display: Display;
  readonly #buffer = new LineBuffer();
  #prompt = '';
  /** Where in the history: its length means the new line. */
  #at = 0;
  /** Lines of the history as they were edited, by index. */
  #edited = new Map<number, string>();
  #menu: Menu | undefined;
  #lastArgument: { offset: number; start: number } | undefined;

  constructor(init: LineEditorInit) {
    this.#init = init;
    this.#keys = new KeyReader(init.process, init.file);
    this.#display = new Display(init.terminal, (text) => this.#write(text));
  }

  /** To the screen at once: editing is not to wait for a slice of time. */
  #write(text: string): void {
    if (text !== '') void this.#init.file.operations.write?.(encode(text));
  }

  /** Reads a line; undefined at end of file (Ctrl-D on an empty line). Rejects with `Killed('INT')` on Ctrl-C. */
  async read(prompt: string): Promise<string | undefined> {
    const { terminal, history } = this.#init;
    // Drawing clears the line; what a program left on it without an end stays above.
    if (terminal.atLineStart === false) this.#write('\n');
    // Only the prompt's last line is drawn again.
    const newline = prompt.lastIndexOf('\n');
    if (newline >= 0) this.#write(prompt.slice(0, newline + 1));
    this.#prompt = prompt.slice(newline + 1);
    this.#buffer.set('');
    this.#buffer.clearUndo();
    this.#edited.clear();
    this.#at = history.length;
    this.#menu = undefined;
    this.#display.reset();
    terminal.setRaw(true);
    this.#write(PASTE_ON);
    const resize = terminal.onResize(() => this.#draw());
    try {
      this.#draw();
      for (;;) {
        const key = await this.#keys.next();
        if (key === undefined) return undefined;
        const result = await this.#key(key);
        if (result === 'accept') {
          this.#finish();
          return this.#buffer.text;
        }
        if (result === 'end') return undefined;
        if (result === 'interrupt') {
          this.#finish(false);
          this.#write('^C');
          throw new Killed('INT');
        }
      }
    } finally {
      resize.dispose();
      this.#keys.unread();
      this.#write(PASTE_OFF);
      terminal.setRaw(false);
    }
  }

  /** Moves the terminal's cursor behind the text. */
  #finish(newline = true): void {
    this.#menu = undefined;
    this.#buffer.cursor = this.#buffer.characters.length;
    this.#draw();
    if (newline) this.#write('\n');
  }

  #draw(prompt = this.#prompt): void {
    this.#display.show(
      prompt,
      this.#buffer.text,
      this.#buffer.before.length,
      this.#menu ? this.#menuLines(this.#menu) : [],
    );
  }

  async #key(key: string): Promise<'accept' | 'end' | 'interrupt' | undefined> {
    if (this.#menu && (await this.#menuKey(key))) return undefined;
    const buffer = this.#buffer;
    const { characters } = buffer;
    const kind = /^(C-k|C-u|C-w|M-d|M-Backspace|C-x)$/.test(key)
      ? 'kill'
      : /^(C-y|M-y)$/.test(key)
        ? 'yank'
        : [...key].length === 1
          ? 'type'
          : 'other';
    buffer.endSequences(kind);
    if (key !== 'M-.' && key !== 'M-_') this.#lastArgument = undefined;
    if ([...key].length === 1) {
      buffer.insert(key);
      // What else was typed by now is drawn together.
      this.#draw();
      return undefined;
    }
    if (key.startsWith('paste:')) {
      buffer.insert(key.slice('paste:'.length).replace(/\n$/, ''));
      this.#draw();
      return undefined;
    }
    switch (key) {
      case 'Enter':
      case 'C-o':
        return 'accept';
      case 'C-c':
        return 'interrupt';
      case 'C-d':
        if (characters.length === 0) return 'end';
        buffer.remove(buffer.cursor, Math.min(characters.length, buffer.cursor + 1));
        break;
      case 'Delete':
        buffer.remove(buffer.cursor, Math.min(characters.length, buffer.cursor + 1));
        break;
      case 'Backspace':
        buffer.remove(Math.max(0, buffer.cursor - 1), buffer.cursor);
        break;
      case 'C-a':
      case 'Home':
        buffer.cursor = buffer.lineBounds()[0];
        break;
      case 'C-e':
      case 'End':
        buffer.cursor = buffer.lineBounds()[1];
        break;
      case 'C-b':
      case 'Left':
        buffer.cursor = Math.max(0, buffer.cursor - 1);
        break;
      case 'C-f':
      case 'Right':
        buffer.cursor = Math.min(characters.length, buffer.cursor + 1);
        break;
      case 'M-b':
      case 'C-Left':
      case 'M-Left':
        buffer.cursor = buffer.wordLeft();
        break;
      case 'M-f':
      case 'C-Right':
      case 'M-Right':
        buffer.cursor = buffer.wordRight();
        break;
      case 'C-k':
        buffer.kill(buffer.cursor, characters.length, false);
        break;
      case 'C-u':
        buffer.kill(0, buffer.cursor, true);
        break;
      case 'C-w':
        buffer.kill(buffer.blankWordLeft(), buffer.cursor, true);
        break;
      case 'M-Backspace':
        buffer.kill(buffer.wordLeft(), buffer.cursor, true);
        break;
      case 'M-d': {
        const { cursor } = buffer;
        buffer.kill(cursor, buffer.wordRight(), false);
        break;
      }
      case 'C-y':
        buffer.yank();
        break;
      case 'M-y':
        buffer.yankPop();
        break;
      case 'C-t':
        buffer.transpose();
        break;
      case 'C-_':
        buffer.undo();
        break;
      case 'M-u':
        buffer.changeWord((word) => word.toUpperCase());
        break;
      case 'M-l':
        buffer.changeWord((word) => word.toLowerCase());
        break;
      case 'M-c':
        buffer.changeWord((word) => word.replace(/[\p{L}\p{N}]/u, (char) => char.toUpperCase()));
        break;
      case 'C-l':
        this.#write('\u001b[H\u001b[2J');
        this.#display.reset();
        break;
      case 'Up':
      case 'C-p':
        this.#move(-1);
        break;
      case 'Down':
      case 'C-n':
        this.#move(1);
        break;
      case 'M-<':
        this.#goTo(0);
        break;
      case 'M->':
        this.#goTo(this.#init.history.length);
        break;
      case 'M-.':
      case 'M-_':
        this.#insertLastArgument();
        break;
      case 'C-r':
      case 'C-s':
        return await this.#search();
      case 'C-v': {
        const next = await this.#keys.next();
        if (next !== undefined) buffer.insert(literal(next));
        break;
      }
      case 'Tab':
        await this.#complete();
        break;
      case 'M-#':
        buffer.set(`#${buffer.text}`);
        return 'accept';
      default:
        return undefined;
    }
    this.#draw();
    return undefined;
  }

  // ---- history

  #move(step: -1 | 1): void {
    // In a text of several lines the cursor moves between them first.
    const [start, end] = this.#buffer.lineBounds();
    if (step < 0 && start > 0) {
      const column = this.#buffer.cursor - start;
      this.#buffer.cursor = start - 1;
      const [above] = this.#buffer.lineBounds();
      this.#buffer.cursor = Math.min(above + column, start - 1);
      return;
    }
    if (step > 0 && end < this.#buffer.characters.length) {
      const column = this.#buffer.cursor - start;
      this.#buffer.cursor = end + 1;
      const [, below] = this.#buffer.lineBounds();
      this.#buffer.cursor = Math.min(end + 1 + column, below);
      return;
    }
    this.#goTo(this.#at + step);
  }

  #goTo(index: number): void {
    const { history } = this.#init;
    if (index < 0 || index > history.length || index === this.#at) return;
    this.#edited.set(this.#at, this.#buffer.text);
    this.#at = index;
    this.#buffer.set(this.#edited.get(index) ?? history[index] ?? '');
  }

  /** `M-.`: the last argument of the line before, and with each repeat of the one before that. */
  #insertLastArgument(): void {
    const { history } = this.#init;
    const offset = (this.#lastArgument?.offset ?? 0) + 1;
    const line = history.at(-offset);
    if (line === undefined) return;
    const word = line.match(/"(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s"'\\])+/g)?.at(-1) ?? '';
    const start = this.#lastArgument?.start ?? this.#buffer.cursor;
    this.#buffer.replaceBack(start, word);
    this.#lastArgument = { offset, start };
  }

  /** `C-r`: incremental search backwards. Any other key ends it and does what it does. */
  async #search(): Promise<'accept' | 'end' | 'interrupt' | undefined> {
    const { history } = this.#init;
    const original = this.#buffer.text;
    const cursor = this.#buffer.cursor;
    let wanted = '';
    let index = history.length;
    let failed = false;
    const find = (from: number) => {
      for (let i = from; i >= 0; i--) {
        if (history[i]?.includes(wanted)) {
          index = i;
          failed = false;
          const at = history[i]!.lastIndexOf(wanted);
          this.#buffer.set(history[i]!);
          this.#buffer.cursor = Array.from(history[i]!.slice(0, at)).length;
          return;
        }
      }
      failed = wanted !== '';
    };
    for (;;) {
      this.#draw(`(${failed ? 'failed ' : ''}reverse-i-search)\`${wanted}': `);
      const key = await this.#keys.next();
      if (key === undefined) return 'end';
      if (key === 'C-r') find(index - 1);
      else if (key === 'Backspace') {
        wanted = wanted.slice(0, -1);
        find(history.length - 1);
      } else if ([...key].length === 1) {
        wanted += key;
        find(Math.min(index, history.length - 1));
      } else if (key === 'C-g') {
        this.#buffer.set(original, cursor);
        this.#draw();
        return undefined;
      } else {
        this.#at = index;
        this.#draw();
        return key === 'Escape' ? undefined : await this.#key(key);
      }
    }
  }

  // ---- completion

  async #complete(): Promise<void> {
    const buffer = this.#buffer;
    const { before } = buffer;
    if (before.trim() === '' && !before.includes('\n')) {
      buffer.insert('\t');
      return;
    }
    const { start, candidates } = await this.#init.complete(before);
    if (candidates.length === 0) {
      this.#write('\u0007');
      return;
    }
    const from = Array.from(before.slice(0, start)).length;
    if (candidates.length === 1) {
      const { text, suffix } = candidates[0]!;
      const quote = /^["']/.exec(text)?.[0] ?? '';
      buffer.replaceBack(from, text + (suffix === ' ' ? `${quote} ` : suffix));
      return;
    }
    const prefix = commonPrefix(candidates.map((each) => each.text));
    if (prefix.length > before.slice(start).length) {
      buffer.replaceBack(from, prefix);
      return;
    }
    this.#menu = { candidates: candidates.slice(0, MAX_MENU), start: from, selected: -1 };
  }

  #menuLines(menu: Menu): string[] {
    const { columns } = this.#init.terminal;
    const labels = menu.candidates.map(({ label }) => label);
    const shown = labels.map((label, i) => (i === menu.selected ? `\u001b[7m${label}\u001b[27m` : label));
    return layOutColumns(shown, labels.map(textWidth), columns);
  }

  /** True when the menu took the key. */
  async #menuKey(key: string): Promise<boolean> {
    const menu = this.#menu!;
    const count = menu.candidates.length;
    if (key === 'Tab' || key === 'Down' || key === 'Right') menu.selected = (menu.selected + 1) % count;
    else if (key === 'S-Tab' || key === 'Up' || key === 'Left')
      menu.selected = (menu.selected - 1 + count) % count;
    else {
      const accepted = key === 'Enter' && menu.selected >= 0;
      this.#menu = undefined;
      if (accepted) {
        const { suffix } = menu.candidates[menu.selected]!;
        if (suffix === ' ') this.#buffer.insert(' ');
        else this.#buffer.insert(suffix);
      }
      this.#draw();
      return accepted || key === 'Escape' || key === 'C-g';
    }
    this.#buffer.replaceBack(menu.start, menu.candidates[menu.selected]!.text);
    this.#draw();
    return true;
  }
}

/** The character behind a key's name, for `C-v`. */
function literal(key: string): string {
  if (key === 'Tab') return '\t';
  if (key === 'Enter') return '\r';
  if (key === 'Escape') return '\u001b';
  const control = /^C-(.)$/.exec(key);
  return control ? String.fromCharCode(control[1]!.toUpperCase().charCodeAt(0) - 64) : key;
}

/** The longest text that all begin with. */
function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
