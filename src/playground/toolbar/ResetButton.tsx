import { useRef } from 'preact/hooks';

/** Back to the exercise's start. Asks first: what the learner wrote goes with it. */
export function ResetButton({ disabled, onReset }: { disabled: boolean; onReset: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button class="quiet" disabled={disabled} onClick={() => dialog.current?.showModal()}>
        Reset
      </button>
      <dialog
        ref={dialog}
        class="question"
        aria-labelledby="reset-question"
        onClose={() => {
          if (dialog.current?.returnValue === 'reset') onReset();
          if (dialog.current) dialog.current.returnValue = '';
        }}
      >
        <form method="dialog">
          <h2 id="reset-question">Bring the exercise back to its start?</h2>
          <p>Everything in the cluster and every file that you changed goes. This cannot be undone.</p>
          <div class="question-actions">
            <button class="button" value="stay">
              Keep my work
            </button>
            <button class="button primary" value="reset">
              Reset
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
