const RADIUS = 7;
const ROUND = 2 * Math.PI * RADIUS;

/** A ring that fills while a condition holds; a tick when passed, a bar when failed. Shape first, then colour. */
export function CheckMark({
  state,
  progress,
}: {
  state: 'waiting' | 'passed' | 'failed';
  progress: number | undefined;
}) {
  return (
    <svg class="check-mark" data-state={state} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <circle cx="10" cy="10" r={RADIUS} class="ring" />
      {state === 'waiting' && progress !== undefined && (
        <circle
          cx="10"
          cy="10"
          r={RADIUS}
          class="held"
          stroke-dasharray={`${Math.min(1, progress) * ROUND} ${ROUND}`}
          transform="rotate(-90 10 10)"
        />
      )}
      {state === 'passed' && <path d="M6.4 10.3 9 12.9l4.8-5.6" class="tick" />}
      {state === 'failed' && <path d="M10 6.2v5M10 13.6v.2" class="tick" />}
    </svg>
  );
}
