/**
 * A workspace file that is open in the editor: what the learner sees, what is stored, and what happens when
 * the shell changes the same file. Knows no editor; `EditorBuffer` is the part of one it needs.
 */
import { signal } from '@preact/signals';
import { decode, encode } from '../../../sandbox/core/bytes.ts';
import { toDisposable, type Disposable } from '../../../sandbox/core/disposable.ts';
import type { Files } from '../../../sandbox/runtimes/runtime.ts';

export interface EditorBuffer {
  getText(): string;
  /** Keeps the cursor and the undo history where the editor can. */
  setText(text: string): void;
}

/** Between the last key and the write. The session stores what it is given within 250 ms more. */
export const AUTOSAVE_MS = 150;

export class OpenFile implements Disposable {
  readonly path: string;
  /** Written in the editor, not yet in the workspace. */
  readonly dirty = signal(false);
  /** What the workspace holds where it differs from an unsaved text; `undefined` inside: the file was removed. */
  readonly conflict = signal<{ theirs: string | undefined } | undefined>(undefined);
  /** Not in the workspace any more; its text is here still, and the next key writes it again. */
  readonly removed = signal(false);
  /** Why the last write failed. */
  readonly failure = signal<string | undefined>(undefined);

  #files: Files;
  #buffer: EditorBuffer;
  /** What the workspace holds, as last read or written. */
  #stored: string;
  #writing: string | undefined;
  #timer: Disposable | undefined;
  #after: (callback: () => void, delayMs: number) => Disposable;

  constructor(
    files: Files,
    path: string,
    stored: string,
    buffer: EditorBuffer,
    after: (callback: () => void, delayMs: number) => Disposable = laterOnThePage,
  ) {
    this.#files = files;
    this.path = path;
    this.#stored = stored;
    this.#buffer = buffer;
    this.#after = after;
  }

  /** The learner typed. */
  edited(): void {
    this.dirty.value = this.#buffer.getText() !== this.#stored;
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.dirty.value || this.conflict.value) return;
    this.#timer = this.#after(() => void this.save(), AUTOSAVE_MS);
  }

  /** Writes a file that was removed again, as it stands here. */
  restore(): Promise<void> {
    this.dirty.value = true;
    return this.save();
  }

  /** Writes what is unsaved. Does nothing while the learner has not said which text is to stay. */
  async save(): Promise<void> {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.dirty.value || this.conflict.value) return;
    const text = this.#buffer.getText();
    this.#writing = text;
    try {
      await this.#files.write(this.path, encode(text));
      this.#stored = text;
      this.removed.value = false;
      this.failure.value = undefined;
      this.dirty.value = this.#buffer.getText() !== text;
    } catch (error) {
      this.failure.value = error instanceof Error ? error.message : String(error);
    } finally {
      if (this.#writing === text) this.#writing = undefined;
    }
  }

  /** The workspace says that the file was written or removed, by anybody. */
  async changed(): Promise<void> {
    const theirs = await this.#files.read(this.path).then(decode, () => undefined);
    const mine = this.#buffer.getText();
    if (theirs === undefined ? this.#writing !== undefined : theirs === this.#writing) return;
    if (theirs !== undefined) this.removed.value = false;
    if (theirs === this.#stored) return;
    if (theirs === mine) {
      this.#settle(mine);
      return;
    }
    if (mine !== this.#stored) {
      this.#timer?.dispose();
      this.conflict.value = { theirs };
    } else if (theirs !== undefined) {
      this.#buffer.setText(theirs);
      this.#settle(theirs);
    } else {
      this.removed.value = true;
    }
  }

  keepMine(): Promise<void> {
    this.#stored = this.conflict.value?.theirs ?? '';
    this.conflict.value = undefined;
    this.dirty.value = true;
    return this.save();
  }

  takeTheirs(): void {
    const theirs = this.conflict.value?.theirs ?? '';
    this.#buffer.setText(theirs);
    this.#settle(theirs);
  }

  dispose(): void {
    void this.save();
    this.#timer?.dispose();
  }

  #settle(text: string): void {
    this.#stored = text;
    this.conflict.value = undefined;
    this.dirty.value = false;
  }
}

const laterOnThePage = (callback: () => void, delayMs: number): Disposable => {
  const timer = setTimeout(callback, delayMs);
  return toDisposable(() => clearTimeout(timer));
};
