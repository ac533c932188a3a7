/** A container's streams on this process' own: its input while it lasts, signals, the terminal. */
import type { OpenFile } from '../../../os/open-file.ts';
import type { Process } from '../../../os/process.ts';
import type { Terminal } from '../../../os/terminal.ts';
import { takeTerminal } from '../kubectl/remote-command.ts';
import { ClientError } from './command.ts';

/** The other side. */
export interface Attachment {
  /** Undefined: no more input comes. */
  write(bytes: Uint8Array | undefined): Promise<void>;
  resize(columns: number, rows: number): void;
  signal(name: 'INT' | 'TERM'): void;
  /** Resolves with the exit code. */
  ended: Promise<number>;
}

/** The terminal that `-t` asks for. Throws `ClientError`. */
export function terminalFor(process: Process, tty: boolean): Terminal | undefined {
  if (!tty) return undefined;
  const terminal = process.files[0]?.terminal;
  if (!terminal)
    throw new ClientError('cannot attach stdin to a TTY-enabled container because stdin is not a terminal');
  return terminal;
}

/** Copies until the other side ends; its exit code. */
export async function followAttached(
  process: Process,
  attachment: Attachment,
  { stdin, terminal }: { stdin: boolean; terminal: Terminal | undefined },
): Promise<number> {
  const release = terminal && takeTerminal(process);
  const resize = () => terminal && attachment.resize(terminal.columns, terminal.rows);
  const resized = terminal?.onResize(resize);
  resize();
  // Without a terminal of its own the container gets what this process gets.
  if (!terminal)
    for (const name of ['INT', 'TERM'] as const) process.handlers.set(name, () => attachment.signal(name));
  let ended = false;
  const input = process.files[0];
  if (stdin && input) void copyInput(input, attachment, () => ended).catch(() => {});
  try {
    return await process.wait(attachment.ended);
  } finally {
    ended = true;
    resized?.dispose();
    release?.();
  }
}

async function copyInput(input: OpenFile, attachment: Attachment, ended: () => boolean): Promise<void> {
  const { operations } = input;
  if (!operations.read) return;
  for (;;) {
    const bytes = await operations.read();
    if (ended()) {
      // Typed after the end: it belongs to whoever reads next.
      if (bytes) operations.unread?.(bytes);
      return;
    }
    await attachment.write(bytes ?? undefined);
    if (!bytes) return;
  }
}
