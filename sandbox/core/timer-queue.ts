/** Timers in due order; equal due times keep their order of arrival. A binary heap with lazy removal. */
export class TimerQueue {
  #heap: Timer[] = [];
  #order = 0;

  add(due: number, callback: () => void): Timer {
    const timer: Timer = { due, order: this.#order++, callback };
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
    return timer;
  }

  /** The earliest timer that was not cancelled. */
  peek(): Timer | undefined {
    while (this.#heap[0] && !this.#heap[0].callback) this.#pop();
    return this.#heap[0];
  }

  /** Takes the earliest timer off the queue. */
  shift(): Timer | undefined {
    const first = this.peek();
    if (first) this.#pop();
    return first;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

export interface Timer {
  due: number;
  order: number;
  /** Undefined once cancelled. */
  callback: (() => void) | undefined;
}

const before = (a: Timer, b: Timer) => a.due < b.due || (a.due === b.due && a.order < b.order);
