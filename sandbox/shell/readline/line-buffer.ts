/** The text being edited: characters and a cursor, with undo and a kill ring as in readline. */

interface State {
  characters: string[];
  cursor: number;
}

const WORD = /[\p{L}\p{N}_]/u;

export class LineBuffer {
  /** One entry a character (code point). */
  characters: string[] = [];
  /** Index in `characters`; its length means behind the last. */
  cursor = 0;
  #undo: State[] = [];
  #ring: string[] = [];
  #yanked: { start: number; ring: number } | undefined;
  /** Kills in a row add up. */
  #killing = false;
  #typing = false;

  get text(): string {
    return this.characters.join('');
  }

  /** Text in front of the cursor. */
  get before(): string {
    return this.characters.slice(0, this.cursor).join('');
  }

  set(text: string, cursor?: number): void {
    this.characters = [...text];
    this.cursor = cursor ?? this.characters.length;
  }

  /** Called before every key that is not a kill, yank or plain character. */
  endSequences(kind: 'kill' | 'yank' | 'type' | 'other'): void {
    if (kind !== 'kill') this.#killing = false;
    if (kind !== 'yank') this.#yanked = undefined;
    if (kind !== 'type') this.#typing = false;
  }

  #remember(): void {
    this.#undo.push({ characters: [...this.characters], cursor: this.cursor });
    if (this.#undo.length > 500) this.#undo.shift();
  }

  clearUndo(): void {
    this.#undo = [];
  }

  undo(): void {
    const state = this.#undo.pop();
    if (state) [this.characters, this.cursor] = [state.characters, state.cursor];
  }

  insert(text: string): void {
    // A run of typed characters is undone together.
    if (!this.#typing || [...text].length > 1) this.#remember();
    this.#typing = [...text].length === 1;
    const characters = [...text];
    this.characters.splice(this.cursor, 0, ...characters);
    this.cursor += characters.length;
  }

  /** Replaces `[start, cursor)`. */
  replaceBack(start: number, text: string): void {
    this.#remember();
    const characters = [...text];
    this.characters.splice(start, this.cursor - start, ...characters);
    this.cursor = start + characters.length;
  }

  remove(from: number, to: number): void {
    if (from >= to) return;
    this.#remember();
    this.characters.splice(from, to - from);
    this.cursor = from;
  }

  /** Removes and keeps in the kill ring. */
  kill(from: number, to: number, backwards: boolean): void {
    if (from >= to) return;
    const text = this.characters.slice(from, to).join('');
    if (this.#killing && this.#ring.length > 0)
      this.#ring[0] = backwards ? text + this.#ring[0] : this.#ring[0] + text;
    else this.#ring.unshift(text);
    if (this.#ring.length > 60) this.#ring.pop();
    this.#killing = true;
    this.remove(from, to);
  }

  yank(): void {
    const text = this.#ring[0];
    if (text === undefined) return;
    const start = this.cursor;
    this.insert(text);
    this.#yanked = { start, ring: 0 };
  }

  /** `M-y`: what was yanked gives way to the kill before it. */
  yankPop(): void {
    if (!this.#yanked || this.#ring.length === 0) return;
    const ring = (this.#yanked.ring + 1) % this.#ring.length;
    this.replaceBack(this.#yanked.start, this.#ring[ring]!);
    this.#yanked.ring = ring;
  }

  wordLeft(): number {
    let at = this.cursor;
    while (at > 0 && !WORD.test(this.characters[at - 1]!)) at--;
    while (at > 0 && WORD.test(this.characters[at - 1]!)) at--;
    return at;
  }

  wordRight(): number {
    let at = this.cursor;
    while (at < this.characters.length && !WORD.test(this.characters[at]!)) at++;
    while (at < this.characters.length && WORD.test(this.characters[at]!)) at++;
    return at;
  }

  /** The start of the blank-delimited word in front of the cursor (`C-w`). */
  blankWordLeft(): number {
    let at = this.cursor;
    while (at > 0 && /\s/.test(this.characters[at - 1]!)) at--;
    while (at > 0 && !/\s/.test(this.characters[at - 1]!)) at--;
    return at;
  }

  changeWord(change: (word: string) => string): void {
    const end = this.wordRight();
    const word = this.characters.slice(this.cursor, end).join('');
    this.#remember();
    const characters = [...change(word)];
    this.characters.splice(this.cursor, end - this.cursor, ...characters);
    this.cursor += characters.length;
  }

  transpose(): void {
    if (this.cursor === 0 || this.characters.length < 2) return;
    this.#remember();
    const at = this.cursor === this.characters.length ? this.cursor - 1 : this.cursor;
    [this.characters[at - 1], this.characters[at]] = [this.characters[at]!, this.characters[at - 1]!];
    this.cursor = at + 1;
  }

  /** Start and end of the line of a multi-line text that the cursor is in. */
  lineBounds(): [number, number] {
    let start = this.cursor;
    while (start > 0 && this.characters[start - 1] !== '\n') start--;
    let end = this.cursor;
    while (end < this.characters.length && this.characters[end] !== '\n') end++;
    return [start, end];
  }
}
