/** What flows between workloads, as it is told to those who draw it. */

/** One end: a pod, a gateway by its host's name, or anything else that sends requests into the cluster. */
export type TrafficEnd =
  { kind: 'pod'; namespace: string; name: string } | { kind: 'gateway'; name: string } | { kind: 'outside' };

/** Requests between two ends since the last report. */
export interface TrafficFlow {
  from: TrafficEnd;
  /** Undefined: nobody was there. */
  to: TrafficEnd | undefined;
  /** The Service that was called, `namespace/name`; undefined: an address of its own. */
  service: string | undefined;
  requests: number;
  /** Of them, those without an answer or with a 5xx. */
  failed: number;
  /** Of them, those that a mesh tried again. */
  retried: number;
  /** Of them, those that a mesh held up or ended on purpose. */
  faulted: number;
  /** Whether both ends have shown a certificate. */
  mutualTls: boolean;
}
