/**
 * The terminal line discipline of Linux (`n_tty`): what happens to a byte between the keyboard and the
 * program. Canonical mode with line editing (erase, word erase, kill, literal next, end of file), echo with
 * `^X` notation, signals from control characters, and output with `\n` → `\r\n`.
 * Left out: flow control by Ctrl-S/Ctrl-Q, other line disciplines, baud rates.
 */
import type { Signal } from './signals.ts';

export interface TerminalAttributes {
  /** Lines with editing (ICANON). */
  canonical: boolean;
  echo: boolean;
  /** Control characters send signals (ISIG). */
  signals: boolean;
  /** `\n` is written as `\r\n` (OPOST, ONLCR). */
  postProcess: boolean;
  /** `\r` is read as `\n` (ICRNL). */
  carriageReturnIsNewline: boolean;
}

export const SANE: Readonly<TerminalAttributes> = {
  canonical: true,
  echo: true,
  signals: true,
  postProcess: true,
  carriageReturnIsNewline: true,
};

export const RAW: Readonly<TerminalAttributes> = {
  canonical: false,
  echo: false,
  signals: false,
  postProcess: true,
  carriageReturnIsNewline: false,
};

export interface LineDisciplineEvents {
  /** Bytes for the program; empty for an end of file typed on an empty line. */
  input(bytes: Uint8Array): void;
  /** Bytes for the screen. */
  echo(bytes: Uint8Array): void;
  /** A signal for the foreground group; pending input and output are to be discarded. */
  signal(signal: Signal): void;
}

const CONTROL = {
  intr: 0x03,
  quit: 0x1c,
  susp: 0x1a,
  eof: 0x04,
  kill: 0x15,
  werase: 0x17,
  next: 0x16,
  redraw: 0x12,
};
const [NEWLINE, RETURN, BACKSPACE, DELETE, TAB, SPACE] = [0x0a, 0x0d, 0x08, 0x7f, 0x09, 0x20];
/** Linux keeps at most this much of a line that is being typed. */
const MAX_LINE_BYTES = 4096;

export class LineDiscipline {
  attributes: TerminalAttributes = { ...SANE };
  #events: LineDisciplineEvents;
  #line: number[] = [];
  #literal = false;

  constructor(events: LineDisciplineEvents) {
    this.#events = events;
  }

  /** Changes the mode. A line that was being typed goes to the program when lines end. */
  setAttributes(attributes: TerminalAttributes): void {
    this.attributes = attributes;
    if (attributes.canonical || this.#line.length === 0) return;
    const line = Uint8Array.from(this.#line);
    this.#line = [];
    this.#events.input(line);
  }

  /** Bytes from the keyboard. */
  receive(bytes: Uint8Array): void {
    const { canonical, signals, echo } = this.attributes;
    if (!canonical && !signals && !echo && !this.attributes.carriageReturnIsNewline) {
      if (bytes.length > 0) this.#events.input(bytes);
      return;
    }
    const passed: number[] = [];
    for (let byte of bytes) {
      if (this.#literal) {
        this.#literal = false;
        this.#accept(byte, passed);
        continue;
      }
      if (byte === RETURN && this.attributes.carriageReturnIsNewline) byte = NEWLINE;
      if (this.attributes.signals) {
        const signal =
          byte === CONTROL.intr
            ? 'INT'
            : byte === CONTROL.quit
              ? 'QUIT'
              : byte === CONTROL.susp
                ? 'TSTP'
                : undefined;
        if (signal) {
          this.#line = [];
          passed.length = 0;
          // The signal first: it discards output that is waiting, but not this echo.
          this.#events.signal(signal);
          if (this.attributes.echo) this.#echo([byte]);
          continue;
        }
      }
      if (!this.attributes.canonical) {
        passed.push(byte);
        if (this.attributes.echo) this.#echo([byte]);
        continue;
      }
      this.#edit(byte, passed);
    }
    if (passed.length > 0) this.#events.input(Uint8Array.from(passed));
  }

  #accept(byte: number, passed: number[]): void {
    if (!this.attributes.canonical) passed.push(byte);
    else if (this.#line.length < MAX_LINE_BYTES - 1) this.#line.push(byte);
    if (this.attributes.echo) this.#echo([byte]);
  }

  #edit(byte: number, passed: number[]): void {
    switch (byte) {
      case NEWLINE:
        if (this.attributes.echo) this.#events.echo(Uint8Array.of(RETURN, NEWLINE));
        passed.push(...this.#line, NEWLINE);
        this.#line = [];
        // One read returns one line at most.
        this.#events.input(Uint8Array.from(passed.splice(0)));
        return;
      case CONTROL.eof: {
        const line = this.#line;
        this.#line = [];
        this.#events.input(Uint8Array.from([...passed.splice(0), ...line]));
        return;
      }
      case DELETE:
      case BACKSPACE:
        this.#erase();
        return;
      case CONTROL.werase:
        while (this.#line.at(-1) === SPACE || this.#line.at(-1) === TAB) this.#erase();
        while (this.#line.length > 0 && this.#line.at(-1) !== SPACE && this.#line.at(-1) !== TAB)
          this.#erase();
        return;
      case CONTROL.kill:
        while (this.#line.length > 0) this.#erase();
        return;
      case CONTROL.next:
        this.#literal = true;
        return;
      case CONTROL.redraw:
        if (this.attributes.echo) {
          this.#events.echo(Uint8Array.of(RETURN, NEWLINE));
          this.#echo(this.#line);
        }
        return;
      default:
        this.#accept(byte, passed);
    }
  }

  /** Takes the last character off the line, a UTF-8 one whole. */
  #erase(): void {
    let byte = this.#line.pop();
    if (byte === undefined) return;
    const control = byte < SPACE && byte !== TAB;
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#line.pop();
    if (!this.attributes.echo) return;
    const columns = control ? 2 : 1;
    for (let i = 0; i < columns; i++) this.#events.echo(Uint8Array.of(BACKSPACE, SPACE, BACKSPACE));
  }

  #echo(bytes: readonly number[]): void {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === NEWLINE) out.push(RETURN, NEWLINE);
      else if (byte < SPACE && byte !== TAB) out.push(0x5e, byte + 0x40);
      else if (byte === DELETE) out.push(0x5e, 0x3f);
      else out.push(byte);
    }
    this.#events.echo(Uint8Array.from(out));
  }

  /** What a program writes, as it goes to the screen. */
  transmit(bytes: Uint8Array): Uint8Array {
    if (!this.attributes.postProcess) return bytes;
    let newlines = 0;
    for (const byte of bytes) if (byte === NEWLINE) newlines++;
    if (newlines === 0) return bytes;
    const out = new Uint8Array(bytes.length + newlines);
    let at = 0;
    for (const byte of bytes) {
      if (byte === NEWLINE) out[at++] = RETURN;
      out[at++] = byte;
    }
    return out;
  }
}
