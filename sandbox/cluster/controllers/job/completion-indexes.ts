/**
 * Sets of the indexes of an Indexed Job (`indexed_job_utils.go`): ordered intervals, which the status writes as
 * `0-2,5,7,8`.
 */
import type { Job, Pod } from '../../client/kinds.ts';

/** Label and annotation of pods. */
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';

interface Interval {
  readonly first: number;
  readonly last: number;
}

export class CompletionIndexes {
  static readonly none = new CompletionIndexes([]);
  readonly intervals: readonly Interval[];
  readonly size: number;

  /** @param intervals in order, with gaps between them. */
  constructor(intervals: readonly Interval[]) {
    this.intervals = intervals;
    this.size = intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  /** Reads the notation of a status or a success policy; indexes from `completions` on are left out. */
  static parse(text: string | undefined, completions: number): CompletionIndexes {
    const intervals: Interval[] = [];
    for (const part of text ? text.split(',') : []) {
      const [first, last = first] = part.split('-').map(Number);
      if (first === undefined || !Number.isInteger(first) || !Number.isInteger(last)) continue;
      if (first < completions) intervals.push({ first, last: Math.min(last!, completions - 1) });
    }
    return merged(intervals);
  }

  static of(indexes: Iterable<number>): CompletionIndexes {
    return CompletionIndexes.none.with(indexes);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.intervals.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.intervals[middle]!.last >= index) high = middle;
      else low = middle + 1;
    }
    return low < this.intervals.length && this.intervals[low]!.first <= index;
  }

  with(indexes: Iterable<number>): CompletionIndexes {
    const more = Array.from(indexes, (index) => ({ first: index, last: index }));
    return more.length === 0 ? this : merged([...this.intervals, ...more]);
  }

  /** How many indexes both have. */
  overlap(other: CompletionIndexes): number {
    let sum = 0;
    for (const a of this.intervals)
      for (const b of other.intervals)
        sum += Math.max(0, Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1);
    return sum;
  }

  /** The `count` lowest indexes below `completions` that are not in it. */
  missing(count: number, completions: number): number[] {
    const out: number[] = [];
    let candidate = 0;
    for (const { first, last } of [...this.intervals, { first: completions, last: completions }]) {
      for (; candidate < Math.min(first, completions) && out.length < count; candidate++) out.push(candidate);
      candidate = last + 1;
    }
    return out;
  }

  /** Two neighbours are written `7,8`, three `7-9`. */
  toString(): string {
    return this.intervals
      .map(({ first, last }) =>
        first === last ? String(first) : `${first}${last === first + 1 ? ',' : '-'}${last}`,
      )
      .join(',');
  }
}

function merged(intervals: Interval[]): CompletionIndexes {
  intervals.sort((a, b) => a.first - b.first);
  const out: { first: number; last: number }[] = [];
  for (const { first, last } of intervals) {
    const end = out.at(-1);
    if (end && first <= end.last + 1) end.last = Math.max(end.last, last);
    else out.push({ first, last });
  }
  return new CompletionIndexes(out);
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed';
}

/** The index that a pod works on; undefined when it has none. */
function completionIndexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The same, for the indexes that the job has. */
export function validIndexOf(job: Job, pod: Pod): number | undefined {
  const index = completionIndexOf(pod);
  return index !== undefined && index < job.spec.completions! ? index : undefined;
}
