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

const LAST_APPLIED =
  'the API server does not yet let the manager kubectl take over what the last-applied annotation names (apimachinery lastappliedmanager.go)';

const QUOTA = 'no controller of the embedded cluster counts for ResourceQuotas yet';
const CLAIM = 'the embedded API server does not default the phase of a PersistentVolumeClaim to Pending yet';

const both = (command: string, reason: string): KnownGap[] =>
  (['in-process', 'in-worker', 'real'] as const).map((runner) => ({
    transcript: 'change',
    command,
    runner,
    reason,
  }));

export const KNOWN_GAPS: readonly KnownGap[] = [
  {
    transcript: 'apply',
    command: 'kubectl apply -f foo.yaml',
    runner: 'real',
    reason:
      'for a kind it does not know kubectl asks for OpenAPI v2 too, which the embedded API server does not serve',
  },
  {
    transcript: 'apply',
    command: 'kubectl apply -f cm.yaml --server-side',
    runner: 'in-process',
    reason: LAST_APPLIED,
  },
  {
    transcript: 'apply',
    command: 'kubectl apply -f cm.yaml --server-side',
    runner: 'in-worker',
    reason: LAST_APPLIED,
  },
  {
    transcript: 'apply',
    command: 'kubectl apply -f cm.yaml --server-side',
    runner: 'real',
    reason: LAST_APPLIED,
  },
  ...both("kubectl wait resourcequota/quota --for=jsonpath='{.status.hard}' --timeout=20s", QUOTA),
  ...both('kubectl describe resourcequota quota', QUOTA),
  ...both('kubectl describe pvc claim --show-events=false', CLAIM),
];
