import type { LessonSession } from '../session.ts';

const STEP_MS = 10_000;
/** What a learner waits for in minutes passes in seconds. */
const FAST = 10;

/** Holds, steps and hurries the cluster's time; only where the session has its own. */
export function TimeControls({ session }: { session: LessonSession }) {
  const { time } = session.session.value ?? {};
  const now = session.status.value.time;
  if (!time || !now) return null;
  const set = (rate: number) => void time.setRate(rate).catch((error: unknown) => session.report(error));
  const held = now.rate === 0;
  return (
    <div class="time-controls" role="group" aria-label="Time of the cluster">
      <button class="quiet" aria-pressed={held} onClick={() => set(held ? 1 : 0)}>
        {held ? 'Go on' : 'Pause'}
      </button>
      <button
        class="quiet"
        title="Lives through ten seconds at once"
        onClick={() => void time.advance(STEP_MS).catch((error: unknown) => session.report(error))}
      >
        +{STEP_MS / 1000} s
      </button>
      <button class="quiet" aria-pressed={now.rate > 1} onClick={() => set(now.rate > 1 ? 1 : FAST)}>
        {FAST}×
      </button>
    </div>
  );
}
