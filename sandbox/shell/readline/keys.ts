/** Keys from a raw terminal: escape sequences to names, pasted text in one piece. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { Utf8Decoder } from '../../core/bytes.ts';
import type { OpenFile } from '../../os/open-file.ts';
import type { Process } from '../../os/process.ts';

const SEQUENCES: Record<string, string> = {
  '[A': 'Up', '[B': 'Down', '[C': 'Right', '[D': 'Left', '[H': 'Home', '[F': 'End', OA: 'Up', OB: 'Down', OC: 'Right', OD: 'Left', OH: 'Home', OF: 'End', '[1~': 'Home', '[4~': 'End', '[7~': 'Home', '[8~': 'End', '[2~': 'Insert', '[3~': 'Delete', '[5~': 'PageUp', '[6~': 'PageDown', '[Z': 'S-Tab', '[1;5C': 'C-Right', '[1;5D': 'C-Left', '[1;3C': 'M-Right', '[1;3D': 'M-Left', '[3;5~': 'C-Delete', '[1;5A': 'C-Up', '[1;5B': 'C-Down', '[1;2A': 'Up', '[1;2B': 'Down', '[1;2C': 'Right', '[1;2D': 'Left',
}; // prettier-ignore

const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';

/**
 * A key is a character, or a name: `Enter`, `Tab`, `Backspace`, `Escape`, `Up`, `C-a`, `M-f`, `M-C-h`.
 * Pasted text is `paste:` and the text.
 */
export class KeyReader {
  readonly #process: Process;
  readonly #file: OpenFile;
  readonly #decoder = new Utf8Decoder();
  readonly #meta: boolean;
  #pending = '';

  /** @param options without `meta` (vi) a key that follows Escape at once is a key of its own, not `M-` and the key. */
  constructor(process: Process, file: OpenFile, { meta = true } = {}) {
    this.#process = process;
    this.#file = file;
    this.#meta = meta;
  }

  /** What was typed ahead and not used; goes back to the terminal. */
  unread(): void {
    if (this.#pending === '') return;
    this.#file.operations.unread?.(new TextEncoder().encode(this.#pending));
    this.#pending = '';
  }

  /** The next key without waiting, or undefined. */
  now(): string | undefined {
    for (;;) {
      const key = this.#take();
      if (key !== undefined) return key;
      const bytes = this.#file.operations.readNow?.();
      if (!bytes) return undefined;
      this.#pending += this.#decoder.push(bytes);
    }
  }

  /** Undefined at end of file. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const key = this.#take();
      if (key !== undefined) return key;
      // A lone Escape is a key when nothing follows it at once.
      const more = await this.#more(
        this.#pending.startsWith('\u001b') && !this.#pending.startsWith(PASTE_START),
      );
      if (more === undefined) return undefined;
      if (more === '') {
        const rest = this.#pending.slice(1);
        this.#pending = rest;
        return 'Escape';
      }
      this.#pending += more;
    }
  }

  async #more(hasEscape: boolean): Promise<string | undefined> {
    const { operations } = this.#file;
    const now = operations.readNow?.();
    if (now === null) return undefined;
    if (now !== undefined) return this.#decoder.push(now);
    const fd = this.#process.files.indexOf(this.#file);
    if (!hasEscape || !operations.readable) {
      const bytes = fd >= 0 ? await this.#process.read(fd) : await this.#process.wait(operations.read!());
      return bytes === null ? undefined : this.#decoder.push(bytes);
    }
    let timer: { dispose(): void } | undefined;
    const timeout = new Promise<void>(
      (resolve) => (timer = this.#process.machine.clock.setTimeout(resolve, ESCAPE_MS)),
    );
    try {
      await this.#process.wait(Promise.race([operations.readable(), timeout]));
    } finally {
      timer?.dispose();
    }
    const bytes = operations.readNow?.();
    return bytes ? this.#decoder.push(bytes) : '';
  }

  #take(): string | undefined {
    const text = this.#pending;
    if (text === '') return undefined;
    if (text.startsWith(PASTE_START)) {
      const end = text.indexOf(PASTE_END);
      if (end < 0) return undefined;
      this.#pending = text.slice(end + PASTE_END.length);
      return `paste:${text.slice(PASTE_START.length, end).replace(/\r\n?/g, '\n')}`;
    }
    if (text[0] === '\u001b') return this.#takeEscape(text);
    const char = String.fromCodePoint(text.codePointAt(0)!);
    this.#pending = text.slice(char.length);
    return named(char);
  }

  #takeEscape(text: string): string | undefined {
    if (text.length === 1) return undefined;
    const csi = /^\u001b(\[[0-9;?]*[A-Za-z~]|O[A-Za-z])/.exec(text);
    if (csi) {
      this.#pending = text.slice(csi[0].length);
      return SEQUENCES[csi[1]!] ?? 'Unknown';
    }
    if (/^\u001b(\[[0-9;?]*|O)$/.test(text)) return undefined;
    if (!this.#meta) {
      this.#pending = text.slice(1);
      return 'Escape';
    }
    const char = String.fromCodePoint(text.codePointAt(1)!);
    this.#pending = text.slice(1 + char.length);
    return char === '\u001b' ? 'Escape' : `M-${named(char)}`;
  }
}

/** How long an escape sequence may take to arrive. */
const ESCAPE_MS = 50;

function named(char: string): string {
  const code = char.charCodeAt(0);
  if (code === 13 || code === 10) return 'Enter';
  if (code === 9) return 'Tab';
  if (code === 127 || code === 8) return 'Backspace';
  if (code === 0) return 'C-@';
  if (code < 27) return `C-${String.fromCharCode(code + 96)}`;
  if (code < 32) return `C-${String.fromCharCode(code + 64)}`;
  return char;
}
