/**
 * A pseudo terminal: the master side belongs to the page (or an exec stream), the slave side to processes.
 * Output waits for the master's acknowledgement, so that a program that never stops printing never grows
 * memory; a signal from the keyboard discards what is waiting, so that Ctrl-C is felt at once.
 */
import { concat, decode } from '../core/bytes.ts';
import { toDisposable, type Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { Errno } from './errno.ts';
import { LineDiscipline, RAW, SANE, type TerminalAttributes } from './line-discipline.ts';
import { OpenFile } from './open-file.ts';
import type { Machine } from './machine.ts';
import type { Signal } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** Output that may wait for the master before a writer has to wait too. */
const OUTPUT_BYTES = 65536;
/** Handed to the master at once. */
const CHUNK_BYTES = 65536;

const NEWLINE = 10;
const RETURN = 13;
/** What moves no cursor as far as lines go: colours, modes, titles. */
// oxlint-disable-next-line no-control-regex -- what a terminal carries is control characters
const SEQUENCES = /\x1b(?:\[[0-9;?]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^[\]])/g;

export interface PtyInit {
  machine: Machine;
  columns: number;
  rows: number;
  /** Shown by `tty`; default `/dev/pts/0`. */
  name?: string;
}

export class Pty implements Terminal, Disposable {
  readonly name: string;
  foreground = 0;
  /** The slave side: descriptors 0, 1 and 2 of a shell. */
  readonly file: OpenFile;
  readonly #resized = new Emitter<void>();
  readonly onResize = this.#resized.event;
  /** Called with each signal that the keyboard sends, after the foreground group got it. */
  onSignal: ((signal: Signal) => void) | undefined;
  #machine: Machine;
  #columns: number;
  #rows: number;
  #discipline: LineDiscipline;
  #input: Uint8Array[] = [];
  #readers: (() => void)[] = [];
  #output: Uint8Array[] = [];
  #outputBytes = 0;
  #writers: (() => void)[] = [];
  #listener: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  #delivering = false;
  #closed = false;
  atLineStart = true;

  constructor(init: PtyInit) {
    this.#machine = init.machine;
    this.#columns = init.columns;
    this.#rows = init.rows;
    this.name = init.name ?? '/dev/pts/0';
    this.#discipline = new LineDiscipline({
      input: (bytes) => this.#arrive(bytes),
      echo: (bytes) => this.#put(bytes),
      signal: (signal) => this.#keyboardSignal(signal),
    });
    this.file = new OpenFile({
      read: () => this.#read(),
      readNow: () => this.#readNow(),
      readable: () => this.#readable(),
      unread: (bytes) => {
        if (bytes.length > 0) this.#input.unshift(bytes);
      },
      write: (bytes) => this.#write(bytes),
      terminal: this,
      path: this.name,
    });
    // The master holds the terminal open.
    this.file.acquire();
  }

  // ---- the master side

  /** Receives the output. The promise it returns is the acknowledgement: the next output waits for it. */
  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable {
    this.#listener = listener;
    this.#deliver();
    return toDisposable(() => {
      if (this.#listener === listener) this.#listener = undefined;
    });
  }

  /** Keys as a terminal sends them. */
  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#discipline.receive(bytes);
  }

  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#resized.fire();
    if (this.foreground) this.#machine.signalGroup(this.foreground, 'WINCH');
  }

  /** Hangs up: every process of this terminal gets HUP (and CONT, should it be stopped). */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const process of this.#machine.processes.values()) {
      if (process.terminal !== this) continue;
      process.signal('HUP');
      process.signal('CONT');
    }
    this.#output = [];
    this.#outputBytes = 0;
    for (const resume of [...this.#readers.splice(0), ...this.#writers.splice(0)]) resume();
    this.#listener = undefined;
    this.#resized.dispose();
  }

  // ---- the slave side

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  setRaw(raw: boolean): void {
    this.attributes = { ...(raw ? RAW : SANE) };
  }

  setEcho(echo: boolean): void {
    this.attributes = { ...this.attributes, echo };
  }

  setCanonical(canonical: boolean): void {
    this.attributes = { ...this.attributes, canonical };
  }

  get attributes(): TerminalAttributes {
    return this.#discipline.attributes;
  }

  set attributes(attributes: TerminalAttributes) {
    const wasRaw = !this.#discipline.attributes.signals;
    this.#discipline.setAttributes(attributes);
    if (!wasRaw || !attributes.signals || this.#input.length === 0) return;
    // Keys that came while nobody read them mean what they mean now: a Ctrl-C is a signal.
    const keys = concat(this.#input);
    this.#input = [];
    this.#discipline.receive(keys);
  }

  #readNow(): Uint8Array | null | undefined {
    const bytes = this.#input.shift();
    if (bytes) return bytes.length === 0 ? null : bytes;
    return this.#closed ? null : undefined;
  }

  #readable(): Promise<void> {
    if (this.#input.length > 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  async #read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#readNow();
      if (bytes !== undefined) return bytes;
      await this.#readable();
    }
  }

  /** What was typed and not read yet, without waiting. */
  get pendingInput(): boolean {
    return this.#input.length > 0;
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closed) throw new Errno('EIO');
    const ended = Math.max(bytes.lastIndexOf(NEWLINE), bytes.lastIndexOf(RETURN));
    const last = decode(bytes.subarray(ended + 1)).replace(SEQUENCES, '');
    this.atLineStart = last === '' && (ended >= 0 || this.atLineStart);
    this.#put(this.#discipline.transmit(bytes));
    if (this.#outputBytes <= OUTPUT_BYTES) return undefined;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  // ---- between the two

  #arrive(bytes: Uint8Array): void {
    this.#input.push(bytes);
    for (const resume of this.#readers.splice(0)) resume();
  }

  #put(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#output.push(bytes);
    this.#outputBytes += bytes.length;
    this.#deliver();
  }

  #deliver(): void {
    if (this.#delivering || !this.#listener || this.#outputBytes === 0) return;
    this.#delivering = true;
    // Everything written in this turn goes out as one chunk.
    queueMicrotask(() => void this.#deliverAll());
  }

  async #deliverAll(): Promise<void> {
    try {
      while (this.#listener && this.#outputBytes > 0) {
        const bytes = this.#takeOutput();
        if (this.#outputBytes <= OUTPUT_BYTES) for (const resume of this.#writers.splice(0)) resume();
        await this.#listener(bytes);
      }
    } finally {
      this.#delivering = false;
    }
  }

  #takeOutput(): Uint8Array {
    const bytes = concat(this.#output);
    this.#output = [];
    this.#outputBytes = 0;
    if (bytes.length <= CHUNK_BYTES) return bytes;
    this.#output = [bytes.subarray(CHUNK_BYTES)];
    this.#outputBytes = bytes.length - CHUNK_BYTES;
    return bytes.subarray(0, CHUNK_BYTES);
  }

  #keyboardSignal(signal: Signal): void {
    this.#input = [];
    this.#output = [];
    this.#outputBytes = 0;
    for (const resume of this.#writers.splice(0)) resume();
    if (this.foreground) this.#machine.signalGroup(this.foreground, signal);
    this.onSignal?.(signal);
  }
}
