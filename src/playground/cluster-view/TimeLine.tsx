import type { LessonSession } from '../session.ts';
import { askedBy, describeChange } from './cluster-history.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import { TimeControls } from './TimeControls.tsx';

interface Props {
  session: LessonSession;
  /** Undefined until the picture is there: the line has its place already. */
  watch: ClusterWatch | undefined;
}

/** Scrubs through what happened: the picture above is of then, and one line says what changed and who asked for it. */
export function TimeLine({ session, watch }: Props) {
  const count = watch?.changeCount.value ?? 0;
  const shown = watch?.lookingBack.value;
  const at = shown ?? count;
  const change = watch?.history.changes[at - 1];
  const move = (to: number) => {
    if (watch) watch.lookingBack.value = to >= count ? undefined : Math.max(0, to);
  };
  const time = change && new Date(change.atMs).toLocaleTimeString();
  const by = change && askedBy(change);
  const said = change
    ? `${change.kind} ${change.key}: ${describeChange(change)}${by && `, by ${by}`}`
    : 'Nothing has changed yet';
  return (
    <div class="time-line" data-past={shown !== undefined}>
      <div class="time-line-bar">
        <TimeControls session={session} />
        <div class="time-line-scrub">
          <button
            class="quiet"
            aria-label="The change before"
            disabled={at === 0}
            onClick={() => move(at - 1)}
          >
            ‹
          </button>
          <input
            type="range"
            min={0}
            max={count}
            value={at}
            disabled={count === 0}
            aria-label="Look back through the cluster’s changes"
            aria-valuetext={shown === undefined ? 'Now' : `${time ?? 'The start'}, change ${at} of ${count}`}
            onInput={(event) => move(event.currentTarget.valueAsNumber)}
          />
          <button
            class="quiet"
            aria-label="The next change"
            disabled={shown === undefined}
            onClick={() => move(at + 1)}
          >
            ›
          </button>
          <button class="quiet now" disabled={shown === undefined} onClick={() => move(count)}>
            Now
          </button>
        </div>
      </div>
      <p class="time-line-change" title={said}>
        {time && <time>{time}</time>} {said}
      </p>
    </div>
  );
}
