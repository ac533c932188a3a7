/** Runs the check engine on the lesson's session and remembers over reloads what has passed. */
import { computed, effect, signal } from '@preact/signals';
import type { CheckRecord, CheckState } from '../../../sandbox/index.ts';
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import { readText, type HttpOrigin } from '../../../sandbox/core/http.ts';
import type { Session } from '../../../sandbox/runtimes/runtime.ts';
import type { Lesson } from '../../lesson.ts';
import { sandbox } from '../runtimes.ts';
import type { LessonSession } from '../session.ts';
import { readStored, writeStored } from '../stored.ts';
import { readProgress, recordPassed } from './progress.ts';

/** The engine's record is of one cluster: it holds UIDs. */
interface StoredRecord {
  cluster: string;
  record: CheckRecord;
}

export class LessonChecks {
  readonly states;
  readonly passed = computed(() => this.states.value.filter((check) => check.state === 'passed').length);
  readonly done = computed(() => this.passed.value === this.states.value.length);

  #lesson: Lesson;
  #running: Disposable | undefined;

  constructor(lesson: Lesson) {
    this.#lesson = lesson;
    this.states = signal<CheckState[]>(this.#waiting([]));
  }

  /** Follows `session` through its starts and resets. */
  follow(session: LessonSession): Disposable {
    this.states.value = this.#waiting(readProgress(this.#lesson.id)?.passed ?? []);
    const stop = effect(() => {
      const epoch = session.epoch.value;
      const current = session.session.value;
      if (!current || epoch === 0) return;
      const starting = new AbortController();
      void this.#start(current, `checks.${this.#lesson.id}.${session.runtimeName.peek()}`, starting.signal);
      return () => {
        starting.abort();
        this.#stop();
      };
    });
    return { dispose: stop };
  }

  /** Ends the evaluation and forgets what has passed; the session's next start begins again. */
  forget(): void {
    this.#stop();
    for (const runtime of ['embedded', 'kind']) writeStored(`checks.${this.#lesson.id}.${runtime}`, null);
    recordPassed(this.#lesson.id, [], this.#lesson.checks.length);
    this.states.value = this.#waiting([]);
  }

  async #start(session: Session, key: string, signal: AbortSignal): Promise<void> {
    const [{ startChecks }, cluster] = await Promise.all([sandbox, clusterUid(session.kube)]);
    if (signal.aborted) return;
    const stored = readStored<StoredRecord | null>(key, null);
    const checks = startChecks(session, this.#lesson.definition, {
      record: stored && sameCluster(stored.cluster, cluster) ? stored.record : undefined,
      onRecord: (record) => writeStored(key, { cluster, record } satisfies StoredRecord),
    });
    const following = checks.states((states) => {
      this.states.value = states;
      const passed = states.filter((check) => check.state === 'passed').map((check) => check.index);
      recordPassed(this.#lesson.id, passed, states.length);
    });
    this.#running = {
      dispose: () => {
        following.dispose();
        checks.dispose();
      },
    };
  }

  #stop(): void {
    this.#running?.dispose();
    this.#running = undefined;
  }

  #waiting(passed: number[]): CheckState[] {
    return this.#lesson.checks.map((name, index) => ({
      index,
      name,
      state: passed.includes(index) ? 'passed' : 'waiting',
      holds: undefined,
      saw: undefined,
      message: undefined,
      holding: undefined,
    }));
  }
}

/** Where one of them is not known, the runtime's word that it continued the session is enough. */
const sameCluster = (a: string, b: string) => a === '' || b === '' || a === b;

/** Kubernetes gives a cluster no id; by convention the UID of `kube-system` is one. Empty when it is not to be had. */
async function clusterUid(kube: HttpOrigin): Promise<string> {
  try {
    const response = await kube.fetch({
      method: 'GET',
      path: '/api/v1/namespaces/kube-system',
      headers: { accept: 'application/json', 'user-agent': 'slipway-checks' },
    });
    return (JSON.parse(await readText(response)) as { metadata?: { uid?: string } }).metadata?.uid ?? '';
  } catch {
    return '';
  }
}
