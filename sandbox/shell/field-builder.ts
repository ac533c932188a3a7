/** Collects what a word expands to into fields, with word splitting; remembers which characters are patterns. */
import { quotePattern } from './pattern.ts';

export interface Field {
  text: string;
  /** Set when the field has pattern characters in force; everything else in it is quoted. */
  pattern: string | undefined;
}

const BLANK = ' \t\n';

export class FieldBuilder {
  readonly fields: Field[] = [];
  #separators: string;
  #text = '';
  #pattern: string | undefined;
  #started = false;

  /** @param separators the value of IFS; empty: nothing is split */
  constructor(separators: string) {
    this.#separators = separators;
  }

  /** Text that is neither split nor a pattern. Even empty text makes a field. */
  addQuoted(text: string): void {
    this.#started = true;
    this.#text += text;
    if (this.#pattern !== undefined) this.#pattern += quotePattern(text);
  }

  /** Pattern characters that stand in the word itself. */
  addGlob(text: string): void {
    this.#started = true;
    this.#pattern = (this.#pattern ?? quotePattern(this.#text)) + text;
    this.#text += text;
  }

  /** The result of an unquoted expansion: split, and a pattern if it looks like one. */
  addSplit(text: string): void {
    const separators = this.#separators;
    for (let i = 0; i < text.length;) {
      if (!separators.includes(text[i]!)) {
        let end = i + 1;
        while (end < text.length && !separators.includes(text[end]!)) end++;
        this.#addActive(i === 0 && end === text.length ? text : text.slice(i, end));
        i = end;
        continue;
      }
      let hard = false;
      while (i < text.length && isBlankSeparator(separators, text[i]!)) i++;
      if (i < text.length && separators.includes(text[i]!)) {
        hard = true;
        i++;
        while (i < text.length && isBlankSeparator(separators, text[i]!)) i++;
      }
      if (hard || this.#started) this.breakField(true);
    }
  }

  #addActive(text: string): void {
    this.#started = true;
    if (/[*?[\\]|[+@!]\(/.test(text)) {
      this.#pattern = (this.#pattern ?? quotePattern(this.#text)) + text;
    } else if (this.#pattern !== undefined) this.#pattern += quotePattern(text);
    this.#text += text;
  }

  /** Ends the field that is being built. `force` makes one even of nothing. */
  breakField(force = false): void {
    if (this.#started || force) {
      this.fields.push({ text: this.#text, pattern: this.#pattern });
      this.#text = '';
      this.#pattern = undefined;
      this.#started = false;
    }
  }

  finish(): Field[] {
    this.breakField();
    return this.fields;
  }
}

const isBlankSeparator = (separators: string, char: string): boolean =>
  BLANK.includes(char) && separators.includes(char);
