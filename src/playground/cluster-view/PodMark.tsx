import type { PodMarkName } from './pod-state.ts';

/** A pod's state as a shape, and only then as a colour. */
export function PodMark({ mark, size = 18 }: { mark: PodMarkName; size?: number }) {
  return (
    <svg class="pod-mark" data-mark={mark} viewBox="0 0 20 20" width={size} height={size} aria-hidden="true">
      {SHAPES[mark]}
    </svg>
  );
}

const HEXAGON = 'M10 1.5 17.4 5.75v8.5L10 18.5 2.6 14.25v-8.5Z';

const SHAPES = {
  ready: (
    <>
      <path d={HEXAGON} class="body" />
      <path d="m6.6 10.2 2.4 2.4 4.4-5" class="sign" />
    </>
  ),
  running: (
    <>
      <path d={HEXAGON} class="outline" />
      <path d="M10 1.5v17L2.6 14.25v-8.5Z" class="body" />
    </>
  ),
  pending: <path d={HEXAGON} class="outline dashed" />,
  failing: (
    <>
      <path d="M10 1.8 19 17.6H1Z" class="body" />
      <path d="M10 7.4v4.4M10 14.6v.2" class="sign" />
    </>
  ),
  finished: (
    <>
      <path d={HEXAGON} class="outline" />
      <path d="m6.6 10.2 2.4 2.4 4.4-5" class="sign" />
    </>
  ),
  terminating: (
    <>
      <path d={HEXAGON} class="outline dotted" />
      <path d="m7.2 7.2 5.6 5.6m0-5.6-5.6 5.6" class="sign" />
    </>
  ),
} as const;
