import type { LessonSession } from '../session.ts';

const STEP_MS = 10_000;
/** What a learner waits for in minutes passes in seconds. */
const FAST = 10;

/** Holds, steps and hurries the cluster's time; only where the session has its own. */
export function TimeControls({ session }: { session: LessonSession }) {
  const { time } = session.session.value ?? {};
  const now = session.status.value.time;
  // A real cluster's time is the world's. An embedded one's is there a moment after the page is.
  if (session.runtimeName.value !== 'embedded') return null;
  const off = !time || !now;
  const ask = (change: Promise<void> | undefined) =>
    void change?.catch((error: unknown) => session.report(error));
  const rate = now?.rate ?? 1;
  const held = rate === 0;
  return (
    <div class="time-controls" role="group" aria-label="Time of the cluster">
      <button
        class="quiet"
        aria-pressed={held}
        disabled={off}
        onClick={() => ask(time?.setRate(held ? 1 : 0))}
      >
        {held ? 'Go on' : 'Pause'}
      </button>
      <button
        class="quiet"
        title="Lives through ten seconds at once"
        disabled={off}
        onClick={() => ask(time?.advance(STEP_MS))}
      >
        +{STEP_MS / 1000} s
      </button>
      <button
        class="quiet"
        aria-pressed={rate > 1}
        disabled={off}
        onClick={() => ask(time?.setRate(rate > 1 ? 1 : FAST))}
      >
        {FAST}×
      </button>
    </div>
  );
}
