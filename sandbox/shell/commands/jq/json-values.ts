/** Cuts a stream of JSON values, with or without white space between them, where each ends. */

export class JsonValues {
  #text = '';
  /** Where the scan goes on. */
  #at = 0;
  #depth = 0;
  #quoted = false;
  /** Inside a number or a word at the top. */
  #bare = false;

  /** More input: all values that are now whole, as text, or '' for none. */
  push(text: string): string {
    this.#text += text;
    let end = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (this.#quoted) {
        if (char === '\\') this.#at++;
        else if (char === '"') {
          this.#quoted = false;
          if (this.#depth === 0) end = this.#at + 1;
        }
      } else if (char === '"') this.#quoted = true;
      else if (char === '{' || char === '[') this.#depth++;
      else if (char === '}' || char === ']') {
        this.#depth = Math.max(0, this.#depth - 1);
        if (this.#depth === 0) end = this.#at + 1;
      } else if (this.#depth > 0) continue;
      else if (/\s/.test(char)) {
        if (this.#bare) end = this.#at + 1;
        this.#bare = false;
      } else this.#bare = true;
    }
    const whole = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    this.#at -= end;
    return whole;
  }

  /** What is left at the end of the input. */
  get rest(): string {
    return this.#text;
  }
}
