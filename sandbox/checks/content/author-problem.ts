/** What is wrong with a file of the content, as its author is told: file, line, key, expected, received. */
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { AuthorMistake } from '../author-mistake.ts';

export interface AuthorProblem {
  /** From the repository's root. */
  file: string;
  /** From 1. */
  line: number;
  /** A path like `checks[0].pass`, or what part of a text it is. */
  key: string;
  expected: string;
  received: string;
}

export function describeProblem({ file, line, key, expected, received }: AuthorProblem): string {
  return `${file}:${line}: ${key}: expected ${expected}, received ${received}`;
}

/** A YAML file whose keys know their lines. */
export class AuthorFile {
  readonly path: string;
  /** The parsed value; empty when it does not parse. */
  readonly value: Record<string, unknown>;
  readonly problems: AuthorProblem[] = [];
  #document: Document;
  #lines = new LineCounter();

  constructor(path: string, text: string) {
    this.path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines });
    for (const error of this.#document.errors) {
      const line = error.linePos?.[0].line ?? 1;
      this.problems.push({
        file: path,
        line,
        key: '(file)',
        expected: 'YAML',
        received: error.message.split('\n')[0]!,
      });
    }
    const value: unknown = this.problems.length > 0 ? {} : this.#document.toJS();
    this.value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  }

  /** The line of a key such as `checks[0].pass`, or of the nearest of its parents that is there. */
  lineOf(key: string): number {
    const path = key.split(/[.[\]]+/).filter((part) => part !== '');
    for (let length = path.length; length > 0; length--) {
      const steps = path.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      const node = this.#document.getIn(steps, true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }

  problem({ key, expected, received }: AuthorMistake): AuthorProblem {
    return { file: this.path, line: this.lineOf(key), key, expected, received };
  }
}
