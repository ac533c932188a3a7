/**
 * Admission does not wait: what it decides, it decides in one piece with the write that it is about. Where it
 * needs something that takes time (code that is loaded with the first policy, a webhook's answer) it throws
 * `Pending`; the request begins anew once that is settled, with what is known by then in its notes.
 */
import type { Random } from '../../../core/random.ts';

export class Pending extends Error {
  /** Never rejects. */
  readonly settled: Promise<void>;

  constructor(settled: Promise<void>) {
    super('a request was answered before something that it waits for');
    this.settled = settled;
  }
}

/** What a request knows from its earlier attempts. */
export class RequestNotes {
  #answers: Map<string, unknown> | undefined;
  #uid: string | undefined;

  /** The uid of the object that the request creates: every attempt makes the same one. */
  uid(random: Random): string {
    return (this.#uid ??= random.uuid());
  }

  /** The answer to `question`; asks and throws `Pending` the first time. `ask` never rejects. */
  answer<T>(question: string, ask: () => Promise<T>): T {
    const answers = (this.#answers ??= new Map());
    if (answers.has(question)) return answers.get(question) as T;
    throw new Pending(ask().then((answer) => void answers.set(question, answer)));
  }
}
