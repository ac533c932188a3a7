import { BinaryHeap } from './binary-heap.ts';

/** Timers in due order; equal due times keep their order of arrival. What is cancelled is removed when it is met. */
export class TimerQueue {
  readonly #heap = new BinaryHeap<Timer>(before);
  #order = 0;

  add(due: number, callback: () => void): Timer {
    const timer: Timer = { due, order: this.#order++, callback };
    this.#heap.push(timer);
    return timer;
  }

  /** The earliest timer that was not cancelled. */
  peek(): Timer | undefined {
    let first = this.#heap.peek();
    while (first && !first.callback) {
      this.#heap.pop();
      first = this.#heap.peek();
    }
    return first;
  }

  /** Takes the earliest timer off the queue. */
  shift(): Timer | undefined {
    const first = this.peek();
    if (first) this.#heap.pop();
    return first;
  }
}

export interface Timer {
  due: number;
  order: number;
  /** Undefined once cancelled. */
  callback: (() => void) | undefined;
}

const before = (a: Timer, b: Timer) => a.due < b.due || (a.due === b.due && a.order < b.order);
