/** The words of a text that people read, without its code, markup and addresses, each with its line. */

export interface Word {
  text: string;
  /** From 1, in the text as given. */
  line: number;
}

/** Blocks of code: what stands behind the fence is `info`, what stands in it `code`. */
export const FENCED = /^(?<fence>```|~~~)(?<info>.*)\n(?<code>[\s\S]*?)^\k<fence>.*$/gm;

/** As much space, so that lines stay where they are. */
export const blank = (text: string) => text.replace(/[^\n]/g, ' ');

/** Replaces what is no prose by as much space, so that lines stay where they are. */
export function proseOf(markdown: string): string {
  return markdown
    .replace(/^---\n[\s\S]*?\n---\n/, blank)
    .replace(FENCED, blank)
    .replace(/<svg[\s\S]*?<\/svg>/g, blank)
    .replace(/<style[\s\S]*?<\/style>/g, blank)
    .replace(/\{\/\*[\s\S]*?\*\/\}/g, blank)
    .replace(/^(import|export) .*$/gm, blank)
    .replace(/`[^`]*`/g, blank)
    .replace(/\]\([^)]*\)/g, blank)
    .replace(/<[^>]+>/g, blank)
    .replace(/https?:\/\/\S+/g, blank);
}

const WORD = /[\p{L}][\p{L}’']*[\p{L}]|[\p{L}]/gu;

export function wordsOf(markdown: string): Word[] {
  return proseOf(markdown)
    .split('\n')
    .flatMap((line, index) => (line.match(WORD) ?? []).map((text) => ({ text, line: index + 1 })));
}
