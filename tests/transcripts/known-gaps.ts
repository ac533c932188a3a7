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
  ...(['in-process', 'in-worker'] as const).map((runner) => ({
    transcript: 'custom-resources',
    command: 'kubectl get boats -o name',
    runner,
    reason: 'kubectl adds the verb and the resource to an answer that is no Status; ours does not',
  })),
  ...embedded(
    'access',
    'kubectl auth whoami --as=jane --as-group=devs -o yaml',
    'a SelfSubjectReview of the embedded API server has no creationTimestamp',
  ),
  ...embedded(
    'invalid',
    'kubectl create -f rolekind.yaml',
    'the embedded API server validates a RoleBinding before it looks for its role, and so says more',
  ),
  ...embedded('trouble', 'kubectl api-versions', METRICS),
  ...embedded('trouble', 'kubectl top pods', METRICS),
];
