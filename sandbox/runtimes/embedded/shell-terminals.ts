/** The terminals of an embedded session: shells on ptys, with scrollback that outlives the page. */
import { concat } from '../../core/bytes.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { Machine } from '../../os/machine.ts';
import { Pty } from '../../os/pty.ts';
import { EditRequests } from '../edit-request.ts';
import type { TerminalConnection, Terminals } from '../runtime.ts';

/** What is replayed to a page that comes back: some thousand lines. */
const SCROLLBACK_BYTES = 256 * 1024;

export interface ShellTerminalsOptions {
  machine: Machine;
  /** Starts an interactive shell on a pty; resolves with its exit code. */
  startShell: (machine: Machine, pty: Pty) => { exited: Promise<number> };
  /** Directory that the paths of `edit` are told relative to. */
  workspace: string;
  /** Scrollback of before a reboot. */
  scrollback: ReadonlyMap<string, Uint8Array>;
  /** The scrollback of a terminal has changed, or the terminal is gone. */
  onChange: (name: string) => void;
}

export class ShellTerminals implements Terminals, Disposable {
  #options: ShellTerminalsOptions;
  #open = new Map<string, ShellTerminal>();

  constructor(options: ShellTerminalsOptions) {
    this.#options = options;
  }

  open({
    name,
    columns,
    rows,
  }: {
    name: string;
    columns: number;
    rows: number;
  }): Promise<TerminalConnection> {
    let terminal = this.#open.get(name);
    if (!terminal) {
      const before = this.#options.scrollback.get(name);
      terminal = new ShellTerminal(this.#options, name, columns, rows, before, () => this.#open.delete(name));
      this.#open.set(name, terminal);
    }
    return Promise.resolve(terminal.connect(columns, rows));
  }

  /** Terminals of before a reboot are listed too: opening one brings its scrollback back. */
  list(): Promise<string[]> {
    return Promise.resolve([...new Set([...this.#options.scrollback.keys(), ...this.#open.keys()])]);
  }

  /** What would be replayed; undefined once the terminal is gone. */
  scrollback(name: string): Uint8Array | undefined {
    return this.#open.get(name)?.scrollback;
  }

  dispose(): void {
    for (const terminal of this.#open.values()) terminal.dispose();
    this.#open.clear();
  }
}

class ShellTerminal implements Disposable {
  #pty: Pty;
  #options: ShellTerminalsOptions;
  #name: string;
  #onGone: () => void;
  /** Newest last; together at most about `SCROLLBACK_BYTES`. */
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #output: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  #exits = new Emitter<number>();
  #edits = new Emitter<string>();
  #exitCode: number | undefined;
  #connection = 0;

  constructor(
    options: ShellTerminalsOptions,
    name: string,
    columns: number,
    rows: number,
    before: Uint8Array | undefined,
    onGone: () => void,
  ) {
    this.#options = options;
    this.#name = name;
    this.#onGone = onGone;
    if (before) this.#keep(before);
    this.#pty = new Pty({ machine: options.machine, columns, rows });
    const requests = new EditRequests((path) => this.#edit(path));
    this.#pty.onOutput((bytes) => {
      const shown = requests.push(bytes);
      if (shown.length === 0) return;
      this.#keep(shown);
      return this.#output?.(shown);
    });
    void options.startShell(options.machine, this.#pty).exited.then((exitCode) => {
      this.#exitCode = exitCode;
      this.#exits.fire(exitCode);
      this.dispose();
    });
  }

  get scrollback(): Uint8Array {
    return concat(this.#chunks);
  }

  /** A later connection takes the terminal over from an earlier one. */
  connect(columns: number, rows: number): TerminalConnection {
    const connection = ++this.#connection;
    const current = () => connection === this.#connection;
    this.#output = undefined;
    this.#pty.resize(columns, rows);
    return {
      onOutput: (listener) => {
        if (!current()) return toDisposable(() => {});
        const replay = this.scrollback;
        let replayed: void | Promise<void> = undefined;
        if (replay.length > 0) replayed = listener(replay);
        this.#output = async (bytes) => {
          await replayed;
          await listener(bytes);
        };
        return toDisposable(() => {
          if (current()) this.#output = undefined;
        });
      },
      write: (bytes) => this.#pty.write(bytes),
      resize: (width, height) => {
        if (current()) this.#pty.resize(width, height);
      },
      onExit: (listener) => {
        if (this.#exitCode !== undefined) listener(this.#exitCode);
        return this.#exits.event(listener);
      },
      onEdit: this.#edits.event,
      close: () => this.dispose(),
    };
  }

  dispose(): void {
    this.#pty.dispose();
    this.#onGone();
    this.#options.onChange(this.#name);
  }

  #edit(path: string): void {
    const prefix = `${this.#options.workspace}/`;
    if (path.startsWith(prefix)) this.#edits.fire(path.slice(prefix.length));
  }

  #keep(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#sizeBytes += bytes.length;
    while (this.#sizeBytes > SCROLLBACK_BYTES && this.#chunks.length > 1) {
      this.#sizeBytes -= this.#chunks.shift()!.length;
    }
    // Many small chunks would cost more than they hold.
    if (this.#chunks.length > 512) this.#chunks = [concat(this.#chunks)];
    this.#options.onChange(this.#name);
  }
}
