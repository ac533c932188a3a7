/** A pager on the terminal: less with its usual keys. Without a terminal it is `cat`. */
import type { Process } from '../../../os/process.ts';
import { defineCommand, CommandError } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';
import { KeyReader } from '../../readline/keys.ts';
import { screenRows } from '../screen-rows.ts';

export const program = defineCommand(
  {
    short: 'eEFiNnRrSsX',
    usage:
      'less [OPTION]... [FILE]...\n\n  Space, f, PgDn  forward one window        b, PgUp  back\n  j, Enter, Down  forward one line          k, Up    back\n  g / G           first / last line         /text    search, n next, N previous\n  q               quit',
  },
  async (process, options, operands) => {
    const terminal = process.files[1]?.terminal;
    const inputs = new Inputs(process, operands);
    if (operands.length === 0 && process.files[0]?.terminal)
      throw new CommandError('Missing filename ("less --help" for help)');
    const lines: string[] = [];
    for await (const input of inputs) {
      for await (const more of linesOf(input)) {
        if (terminal) for (const line of more) lines.push(line);
        else await process.print(`${more.join('\n')}\n`);
      }
    }
    if (!terminal || (inputs.failed && lines.length === 0)) return inputs.failed ? 1 : 0;
    if (options.has('F') && lines.length < terminal.rows) {
      await process.print(`${lines.join('\n')}\n`);
      return 0;
    }
    return await new Pager(process, lines, operands[0], options.has('S')).run();
  },
);

class Pager {
  readonly #process: Process;
  readonly #lines: string[];
  /** The first row on the screen, counted in rows. */
  #top = 0;
  readonly #chops: boolean;
  #laidOut: { columns: number; rows: string[] } | undefined;
  #search = '';
  #message: string | undefined;

  constructor(process: Process, lines: string[], name: string | undefined, chops: boolean) {
    this.#chops = chops;
    this.#process = process;
    this.#lines = lines;
    this.#message = name;
  }

  async run(): Promise<number> {
    const process = this.#process;
    const terminal = process.files[1]!.terminal!;
    const file = process.files[0]?.terminal ? process.files[0] : process.files[1]!;
    const keys = new KeyReader(process, file);
    terminal.setRaw(true);
    let resized = true;
    const watch = terminal.onResize(() => (resized = true));
    await process.print('\u001b[?1049h');
    try {
      for (;;) {
        if (resized) this.#top = Math.min(this.#top, this.#last());
        resized = false;
        await this.#draw();
        const key = await keys.next();
        const page = terminal.rows - 1;
        this.#message = undefined;
        if (key === undefined || key === 'q' || key === 'Q' || key === 'C-c') return 0;
        if (key === ' ' || key === 'f' || key === 'PageDown' || key === 'C-f') this.#move(page);
        else if (key === 'b' || key === 'PageUp' || key === 'C-b') this.#move(-page);
        else if (key === 'd' || key === 'C-d') this.#move(page >> 1);
        else if (key === 'u' || key === 'C-u') this.#move(-(page >> 1));
        else if (key === 'j' || key === 'Enter' || key === 'Down' || key === 'C-n') this.#move(1);
        else if (key === 'k' || key === 'Up' || key === 'C-p') this.#move(-1);
        else if (key === 'g' || key === 'Home' || key === '<') this.#top = 0;
        else if (key === 'G' || key === 'End' || key === '>') this.#top = this.#last();
        else if (key === '/') {
          const text = await this.#ask(keys);
          if (text) this.#search = text;
          this.#find(1);
        } else if (key === 'n') this.#find(1);
        else if (key === 'N') this.#find(-1);
      }
    } finally {
      watch.dispose();
      terminal.setRaw(false);
      process.log('\u001b[?1049l');
    }
  }

  /** Lines as the rows that they take, or with -S the beginning of each. */
  #rows(): string[] {
    const { columns } = this.#process.files[1]!.terminal!;
    if (this.#laidOut?.columns !== columns) {
      const rows = this.#lines.flatMap((line) => {
        const all = screenRows(line, columns);
        return this.#chops ? all.slice(0, 1) : all;
      });
      this.#laidOut = { columns, rows };
    }
    return this.#laidOut.rows;
  }

  #last(): number {
    return Math.max(0, this.#rows().length - (this.#process.files[1]!.terminal!.rows - 1));
  }

  #move(count: number): void {
    this.#top = Math.max(0, Math.min(this.#last(), this.#top + count));
  }

  #find(step: 1 | -1): void {
    if (this.#search === '') return;
    const rows = this.#rows();
    for (let i = this.#top + step; i >= 0 && i < rows.length; i += step) {
      if (!rows[i]!.includes(this.#search)) continue;
      this.#top = Math.min(i, this.#last());
      return;
    }
    this.#message = 'Pattern not found';
  }

  async #ask(keys: KeyReader): Promise<string | undefined> {
    let text = '';
    const { rows } = this.#process.files[1]!.terminal!;
    for (;;) {
      await this.#process.print(`\u001b[${rows};1H\u001b[K/${text}`);
      const key = await keys.next();
      if (key === undefined || key === 'C-c' || key === 'Escape') return undefined;
      if (key === 'Enter') return text;
      if (key === 'Backspace') text = text.slice(0, -1);
      else if ([...key].length === 1) text += key;
    }
  }

  async #draw(): Promise<void> {
    const { rows } = this.#process.files[1]!.terminal!;
    const shown: string[] = [];
    for (let i = 0; i < rows - 1; i++) {
      let line = this.#rows()[this.#top + i];
      if (line === undefined) line = '~';
      else {
        if (this.#search) line = line.replaceAll(this.#search, `\u001b[7m${this.#search}\u001b[27m`);
      }
      // Cleared first: behind a full row the cursor stands on its last character.
      shown.push(`\u001b[K${line}\u001b[m`);
    }
    const end = this.#top >= this.#last();
    const status = this.#message ?? (end ? '(END)' : ':');
    this.#message = undefined;
    await this.#process.print(`\u001b[H${shown.join('\r\n')}\r\n\u001b[7m${status}\u001b[27m\u001b[K`);
  }
}
