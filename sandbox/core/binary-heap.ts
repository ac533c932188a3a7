/** A binary heap: what comes first by `before` is at its top. */
export class BinaryHeap<T> {
  readonly #entries: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** @param before a strict order; entries that are equal by it come out in no order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (entries.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && this.#before(entries[child + 1]!, entries[child]!)) child++;
      if (!this.#before(entries[child]!, last!)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last!;
    return first;
  }
}
