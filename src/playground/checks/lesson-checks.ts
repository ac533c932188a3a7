/** Runs the check engine on the lesson's session and remembers what has passed over reloads. */
import { computed, effect, signal } from '@preact/signals';
import type { CheckState } from '../../../sandbox/checks/check-state.ts';
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import type { Lesson } from '../../lesson.ts';
import { sandbox } from '../runtimes.ts';
import type { LessonSession } from '../session.ts';
import { readProgress, recordPassed } from './progress.ts';

const waiting = (names: string[]): CheckState[] =>
  names.map((name, index) => ({
    index,
    name,
    state: 'waiting',
    holds: undefined,
    saw: undefined,
    message: undefined,
    holding: undefined,
  }));

export class LessonChecks {
  readonly states;
  readonly passed = computed(() => this.states.value.filter((check) => check.state === 'passed').length);
  readonly done = computed(() => this.passed.value === this.states.value.length);

  #lesson: Lesson;
  /** Passed since the last reset, on this page or before it was loaded. */
  #passed = new Set<number>();

  constructor(lesson: Lesson) {
    this.#lesson = lesson;
    this.states = signal<CheckState[]>(waiting(lesson.checks));
  }

  /** Follows `session` through its starts and resets. */
  follow(session: LessonSession): Disposable {
    this.#passed = new Set(readProgress(this.#lesson.id)?.passed);
    this.#show(waiting(this.#lesson.checks));
    const stop = effect(() => {
      const epoch = session.epoch.value;
      const current = session.session.value;
      if (!current || epoch === 0) return;
      let ended = false;
      let running: Disposable | undefined;
      void sandbox.then(({ startChecks }) => {
        if (ended) return;
        const checks = startChecks(current, this.#lesson.definition);
        const following = checks.states((states) => this.#show(states));
        running = {
          dispose: () => {
            following.dispose();
            checks.dispose();
          },
        };
      });
      return () => {
        ended = true;
        running?.dispose();
      };
    });
    return { dispose: stop };
  }

  /** After a reset nothing has passed. */
  forget(): void {
    this.#passed.clear();
    recordPassed(this.#lesson.id, [], this.#lesson.checks.length);
    this.#show(waiting(this.#lesson.checks));
  }

  #show(states: CheckState[]): void {
    const before = this.#passed.size;
    for (const check of states) if (check.state === 'passed') this.#passed.add(check.index);
    if (this.#passed.size > before) {
      recordPassed(this.#lesson.id, [...this.#passed].sort(), this.#lesson.checks.length);
    }
    this.states.value = states.map((check) =>
      this.#passed.has(check.index) ? { ...check, state: 'passed' } : check,
    );
  }
}
