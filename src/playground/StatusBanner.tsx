import type { LessonSession } from './session.ts';

/**
 * What the learner has to know about the session, above the panes: why it does not run and what to try,
 * that another tab has it, or a message of a session that runs (storage full, an older version restored).
 */
export function StatusBanner({ session }: { session: LessonSession }) {
  const { phase, message, steps } = session.status.value;
  if (session.elsewhere.value) {
    return (
      <div class="banner" role="alert">
        <p>
          <strong>This lesson is open in another tab.</strong> One tab at a time can hold its cluster.
        </p>
        <button class="button" onClick={() => void session.takeOver()}>
          Continue here
        </button>
      </div>
    );
  }
  if (phase === 'failed' || phase === 'closed') {
    return (
      <div class="banner" data-severity="failed" role="alert">
        <p>
          <strong>
            {phase === 'failed' ? 'The cluster does not run.' : 'This lesson is not open here any more.'}
          </strong>{' '}
          {message}
        </p>
        <div class="banner-actions">
          <button class="button" onClick={() => void session.continueHere()}>
            {phase === 'failed' ? 'Start again' : 'Continue here'}
          </button>
          {session.runtimeName.value !== 'embedded' && (
            <button class="button" onClick={() => void session.use('embedded')}>
              Use the embedded cluster
            </button>
          )}
        </div>
      </div>
    );
  }
  // The embedded cluster is there before its steps could be read; the toolbar names the last.
  if (phase === 'starting' && session.runtimeName.value !== 'embedded' && steps && steps.length > 0) {
    return (
      <div class="banner" role="status">
        <ol class="steps">
          {steps.map((step, at) => (
            <li key={step} data-now={at === steps.length - 1}>
              {step}
            </li>
          ))}
        </ol>
      </div>
    );
  }
  if (phase === 'ready' && message) {
    return (
      <div class="banner" role="status">
        <p>{message}</p>
        <button
          class="quiet"
          onClick={() => (session.status.value = { ...session.status.value, message: '' })}
        >
          Dismiss
        </button>
      </div>
    );
  }
  return null;
}
