/** A query that cannot be understood, in Prometheus' words: `1:5: parse error: unexpected end of input`. */
import type { Position } from './expression.ts';

export class PromQLParseError extends Error {
  readonly position: Position;

  constructor(query: string, position: Position, reason: string) {
    super(`${lineAndColumn(query, position.start)}: parse error: ${reason}`);
    this.position = position;
  }
}

/** `line:column`, from 1, of an offset. */
export function lineAndColumn(query: string, offset: number): string {
  const before = query.slice(0, offset).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}
