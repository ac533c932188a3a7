import { useSignal, useSignalEffect } from '@preact/signals';
import type { Lesson } from '../../lesson.ts';
import type { LessonSession } from '../session.ts';
import { ResetButton } from './ResetButton.tsx';
import { RuntimeSwitch } from './RuntimeSwitch.tsx';

/** Above the panes: which cluster it is, how it is doing, for how long, and the way back to the start. */
export function Toolbar({
  lesson,
  session,
  onReset,
}: {
  lesson: Lesson;
  session: LessonSession;
  onReset: () => void;
}) {
  const { phase, message, steps } = session.status.value;
  const ready = phase === 'ready';
  return (
    <div class="toolbar" role="toolbar" aria-label="Session">
      <RuntimeSwitch lesson={lesson} session={session} />
      <p class="session-status" data-phase={phase} role="status">
        <span class="lamp" aria-hidden="true" />
        {ready ? 'Ready' : phase === 'failed' ? 'Not running' : (steps?.at(-1) ?? message)}
      </p>
      <a class="embed-home" href="?" target="_blank" rel="noopener">
        Open in Slipway
      </a>
      <TimeLeft session={session} />
      <ResetButton
        disabled={phase === 'resetting' || (phase === 'starting' && !session.session.value)}
        onReset={onReset}
      />
    </div>
  );
}

const MINUTE_MS = 60_000;

/** Minutes until a session with an end is ended. */
function TimeLeft({ session }: { session: LessonSession }) {
  const minutes = useSignal<number | undefined>(undefined);
  useSignalEffect(() => {
    const end = session.status.value.expiresAtMs;
    if (end === undefined) return void (minutes.value = undefined);
    const tell = () => (minutes.value = Math.max(0, Math.ceil((end - Date.now()) / MINUTE_MS)));
    tell();
    const timer = setInterval(tell, MINUTE_MS / 4);
    return () => clearInterval(timer);
  });
  if (minutes.value === undefined) return null;
  return (
    <p class="time-left" data-short={minutes.value <= 5}>
      {minutes.value} min left
    </p>
  );
}
