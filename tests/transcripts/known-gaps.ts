/**
 * Steps whose output differs today, and why. A gap that has closed fails the run, so that it is taken out here.
 */
export interface KnownGap {
  transcript: string;
  command: string;
  /** Which runner differs from the recorded cluster. */
  runner: 'in-process' | 'in-worker' | 'real';
  reason: string;
}

const METRICS = 'the embedded cluster has a metrics server, and the recorded one has none';

/** The same on every runner but the recorded one. */
const embedded = (transcript: string, command: string, reason: string): KnownGap[] =>
  (['in-process', 'in-worker', 'real'] as const).map((runner) => ({ transcript, command, runner, reason }));

export const KNOWN_GAPS: readonly KnownGap[] = [
  {
    transcript: 'apply',
    command: 'kubectl apply -f foo.yaml',
    runner: 'real',
    reason:
      'for a kind it does not know kubectl asks for OpenAPI v2 too, which the embedded API server does not serve',
  },
  ...embedded('trouble', 'kubectl api-versions', METRICS),
  ...embedded('trouble', 'kubectl top pods', METRICS),
];
