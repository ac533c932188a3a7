/**
 * The session that the lesson's panels share. Picks a runtime, opens the exercise on it, follows its status,
 * and replaces it when the learner switches runtimes, takes a lesson over from another tab, or starts anew.
 */
import { batch, computed, signal } from '@preact/signals';
import type { Disposable } from '../../sandbox/core/disposable.ts';
import type { ExerciseStart, Runtime, Session, SessionStatus } from '../../sandbox/runtimes/runtime.ts';
import { chooseRuntime, chosenRuntime, type RuntimeName } from './runtimes.ts';

/** Another tab holds the exercise. Rejection of `Runtime.open`, recognised by its name. */
export interface OwnedElsewhere extends Error {
  takeOver(): Promise<Session>;
}

const STARTING: SessionStatus = { phase: 'starting', message: 'Starting the cluster' };

export class LessonSession {
  readonly start: ExerciseStart;
  readonly runtimeName = signal<RuntimeName>('embedded');
  readonly session = signal<Session | undefined>(undefined);
  readonly status = signal<SessionStatus>(STARTING);
  /** Set while another tab holds the lesson. */
  readonly elsewhere = signal<OwnedElsewhere | undefined>(undefined);
  /** Counts starts and resets: what holds on to a terminal or a file of the session begins again when it changes. */
  readonly epoch = signal(0);
  readonly ready = computed(() => this.status.value.phase === 'ready');

  #runtimes: (name: RuntimeName) => Promise<Runtime>;
  #following: Disposable | undefined;
  /** Guards against an open that finishes after a later one was asked for. */
  #attempt = 0;

  constructor(start: ExerciseStart, runtimes: (name: RuntimeName) => Promise<Runtime>) {
    this.start = start;
    this.#runtimes = runtimes;
  }

  /** Opens on the runtime that the learner chose last for this exercise. */
  async open(): Promise<void> {
    await this.use(chosenRuntime(this.start.id));
  }

  /** Opens on `name`. Where that cannot be had, says why and goes back to the embedded cluster. */
  async use(name: RuntimeName): Promise<void> {
    const attempt = ++this.#attempt;
    const runtime = await this.#runtimes(name).catch((error: unknown) => this.#failed(attempt, error));
    if (!runtime || attempt !== this.#attempt) return;
    if (name !== 'embedded') {
      const availability = await runtime.available().catch((error: unknown) => ({
        available: false as const,
        reason: error instanceof Error ? error.message : String(error),
      }));
      if (attempt !== this.#attempt) return;
      if (!availability.available) {
        if (this.session.value) this.status.value = { ...this.status.value, message: availability.reason };
        else await this.use('embedded');
        return;
      }
    }
    await this.#leave();
    if (attempt !== this.#attempt) return;
    batch(() => {
      this.runtimeName.value = name;
      this.elsewhere.value = undefined;
      this.status.value = STARTING;
    });
    chooseRuntime(this.start.id, name);
    await this.#hold(attempt, runtime.open(this.start));
  }

  /** Continues here what another tab has open. */
  async takeOver(): Promise<void> {
    const elsewhere = this.elsewhere.value;
    if (!elsewhere) return;
    const attempt = ++this.#attempt;
    batch(() => {
      this.elsewhere.value = undefined;
      this.status.value = STARTING;
    });
    await this.#hold(attempt, elsewhere.takeOver());
  }

  /** Opens again what ended here; where another tab has it by now, that tab hands it over. */
  async continueHere(): Promise<void> {
    await this.use(this.runtimeName.value);
    await this.takeOver();
  }

  async reset(): Promise<void> {
    const session = this.session.value;
    if (!session) return this.use(this.runtimeName.value);
    await session.reset();
    if (session === this.session.value) this.epoch.value++;
  }

  /** Something that a panel asked of the session went wrong: says so without ending anything. */
  report(error: unknown): void {
    const status = this.status.value;
    if (status.phase !== 'ready') return;
    this.status.value = { ...status, message: error instanceof Error ? error.message : String(error) };
  }

  async #hold(attempt: number, opening: Promise<Session>): Promise<void> {
    try {
      const session = await opening;
      if (attempt !== this.#attempt) return void session.close();
      this.#following = session.onStatus((status) => {
        // The session was taken over by another tab, or ended: what it offered is gone.
        this.status.value = status;
      });
      batch(() => {
        this.session.value = session;
        this.status.value = session.status;
        this.epoch.value++;
      });
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  #failed(attempt: number, error: unknown): undefined {
    if (attempt !== this.#attempt) return;
    if (error instanceof Error && error.name === 'SessionOwnedElsewhere' && 'takeOver' in error) {
      this.elsewhere.value = error as OwnedElsewhere;
      return;
    }
    this.status.value = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
  }

  async #leave(): Promise<void> {
    const session = this.session.value;
    this.#following?.dispose();
    this.#following = undefined;
    this.session.value = undefined;
    await session?.close();
  }
}
