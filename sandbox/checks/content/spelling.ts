/** Words that no dictionary has: British English and `content/words.txt`, the words of the trade. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { decodeTrie } from 'cspell-trie-lib';
import type { Word } from './prose.ts';

export interface Dictionary {
  has(word: string): boolean;
  /** What may have been meant. */
  suggest(word: string): string[];
}

export async function openDictionary(wordList: string): Promise<Dictionary> {
  const extension = fileURLToPath(import.meta.resolve('@cspell/dict-en-gb/cspell-ext.json'));
  const path = join(dirname(extension), 'en_GB.trie.gz');
  const trie = decodeTrie(new Uint8Array(gunzipSync(await readFile(path))));
  const lines = (await readFile(wordList, 'utf8')).split('\n');
  const trade = new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  return {
    has: (word) => isKnown(word, (each) => trade.has(each) || trie.hasWord(each, true)),
    suggest: (word) => trie.suggest(word, { numSuggestions: 3 }).slice(0, 3),
  };
}

/** A word may begin a sentence or belong to somebody. */
function isKnown(written: string, knows: (word: string) => boolean): boolean {
  const word = written.replace(/’/g, "'");
  const bare = word.replace(/'s$|'$/, '');
  return [word, bare].some(
    (each) => knows(each) || knows(each[0]!.toLowerCase() + each.slice(1)) || knows(each.toLowerCase()),
  );
}

export const misspelt = (words: Word[], dictionary: Dictionary): Word[] =>
  words.filter(({ text }) => text.length > 1 && !dictionary.has(text));
