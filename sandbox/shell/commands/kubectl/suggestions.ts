/** Words close to a mistyped command, as cobra finds them: at most two edits away, or beginning with it. */
import type { CommandTable } from './command.ts';

const MAX_DISTANCE = 2;

export function suggest(typed: string, commands: CommandTable): string[] {
  const lower = typed.toLowerCase();
  return Object.keys(commands).filter(
    (name) =>
      levenshtein(lower, name.toLowerCase()) <= MAX_DISTANCE ||
      name.toLowerCase().startsWith(lower) ||
      commands[name]!.suggestFor?.includes(lower),
  );
}

/** Fewest insertions, deletions and replacements that turn `a` into `b`. */
export function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(a[i - 1] === b[j - 1] ? row[j - 1]! : 1 + Math.min(row[j - 1]!, row[j]!, next[j - 1]!));
    row = next;
  }
  return row[b.length]!;
}
