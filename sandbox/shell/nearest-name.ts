/** The name a person probably meant: the fewest insertions, deletions, replacements and swapped neighbours away. */

/** The nearest of `names`, or undefined when none is near (a third of the letters, at most two). */
export function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  const limit = Math.min(2, Math.floor(wanted.length / 3) + (wanted.length > 1 ? 1 : 0));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    if (name.length < 2 || Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, name);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Damerau and Levenshtein's distance, neighbours swapped at most once. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, before[j - 2]! + 1);
      row.push(distance);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length]!;
}
