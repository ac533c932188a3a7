/**
 * Writes pods' statuses to the API: pkg/kubelet/status. Of a pod only the newest status is sent, as a patch
 * of what has changed, one pod after the other; what changes meanwhile is in the next patch.
 */
import type { Disposable } from '../../core/disposable.ts';
import { sleep, type Clock } from '../../core/clock.ts';
import { slice } from '../../core/slice.ts';
import { deepEqual } from '../api/equality.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { Pod, PodStatus } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';

/** Whose status is reported. */
export interface StatusSource {
  readonly pod: Pod;
  /** The status now, given what was reported before. */
  status(before: PodStatus): PodStatus;
}

interface Entry {
  source: StatusSource;
  /** What the API holds, as far as the kubelet knows. */
  sent: PodStatus;
  /** The first report, which goes out even when the next one is close behind it: the pod has arrived. */
  first: PodStatus | undefined;
  /** Waiting for a report to be sent. */
  waiting: (() => void)[];
}

const RETRY_MS = 1000;
/** With more reports than this waiting, a pod's first one is left out for the next: nobody watches so many. */
const BURST = 16;

export class StatusManager implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new Set<string>();
  #sending = false;
  #paused = false;
  #disposed = false;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Something about the pod has changed: its status is asked for and sent, soon. */
  report(source: StatusSource): void {
    if (this.#disposed) return;
    const uid = source.pod.metadata.uid!;
    if (!this.#entries.has(uid)) {
      const sent = source.pod.status ?? {};
      this.#entries.set(uid, {
        source,
        sent,
        first: this.#queue.size < BURST ? source.status(sent) : undefined,
        waiting: [],
      });
    }
    this.#queue.add(uid);
    this.#wake();
  }

  /** Resolves when what was reported last of the pod is in the API, or the pod is gone. */
  flushed(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid!;
    const entry = this.#entries.get(uid);
    if (!entry || !this.#queue.has(uid)) return Promise.resolve();
    return new Promise((resolve) => entry.waiting.push(resolve));
  }

  /** The pod is no more. */
  forget(pod: Pod): void {
    const uid = pod.metadata.uid!;
    const entry = this.#entries.get(uid);
    this.#entries.delete(uid);
    this.#queue.delete(uid);
    for (const resolve of entry?.waiting ?? []) resolve();
  }

  /** The node is cut off (or back): reports wait. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#wake();
  }

  dispose(): void {
    this.#disposed = true;
    this.#queue.clear();
  }

  #wake(): void {
    if (this.#sending || this.#paused || this.#queue.size === 0) return;
    this.#sending = true;
    queueMicrotask(() => void this.#send());
  }

  async #send(): Promise<void> {
    for (let uid; !this.#paused && (uid = this.#queue.values().next().value) !== undefined;) {
      const pause = slice();
      if (pause) await pause;
      this.#queue.delete(uid);
      const entry = this.#entries.get(uid);
      if (!entry) continue;
      const { metadata } = entry.source.pod;
      const wanted = entry.first ?? entry.source.status(entry.sent);
      const status = difference(entry.sent, wanted);
      if (status) {
        try {
          await this.#client.patch(
            PODS,
            metadata,
            'application/strategic-merge-patch+json',
            { metadata: { uid: metadata.uid }, status },
            { subresource: 'status' },
          );
        } catch (error) {
          if (this.#disposed) return;
          // Gone, or replaced by a pod of the same name: there is nobody to report about.
          if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict') || isStatus(error, 'Invalid')) {
            this.forget(entry.source.pod);
            continue;
          }
          this.#queue.add(uid);
          await sleep(this.#clock, RETRY_MS);
          continue;
        }
      }
      entry.sent = wanted;
      if (entry.first) {
        entry.first = undefined;
        this.#queue.add(uid);
      }
      if (!this.#queue.has(uid)) for (const resolve of entry.waiting.splice(0)) resolve();
    }
    this.#sending = false;
    this.#wake();
  }
}

/** Lists that a strategic merge patch merges by a key: what is gone has to be said. */
const MERGED_LISTS = { conditions: 'type', podIPs: 'ip', hostIPs: 'ip' } as const;

/** Fields of a status that are the kubelet's; others (`nominatedNodeName`, …) it leaves alone. */
const OWN_FIELDS: readonly (keyof PodStatus)[] = [
  'conditions',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'hostIP',
  'hostIPs',
  'initContainerStatuses',
  'message',
  'observedGeneration',
  'phase',
  'podIP',
  'podIPs',
  'qosClass',
  'reason',
  'startTime',
];

/** The patch from `before` to `after`, or undefined when they are equal. */
function difference(before: PodStatus, after: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  let changed = false;
  for (const key of OWN_FIELDS) {
    const old = before[key];
    const value = after[key];
    if (deepEqual(old, value)) continue;
    changed = true;
    if (value === undefined) patch[key] = null;
    else if (key in MERGED_LISTS) {
      const name = MERGED_LISTS[key as keyof typeof MERGED_LISTS];
      const list = value as Record<string, unknown>[];
      const items = (old ?? []) as Record<string, unknown>[];
      const gone = items.filter((item) => !list.some((other) => other[name] === item[name]));
      patch[`$setElementOrder/${key}`] = list.map((item) => ({ [name]: item[name] }));
      patch[key] = [
        ...list.flatMap((item) => {
          const before = items.find((other) => other[name] === item[name]);
          return deepEqual(before, item) ? [] : [{ ...absent(before, item), ...item }];
        }),
        ...gone.map((item) => ({ $patch: 'delete', [name]: item[name] })),
      ];
    } else patch[key] = value;
  }
  return changed ? patch : undefined;
}

/** Fields of `before` that `after` lacks, as nulls: a merge would keep them. */
function absent(
  before: Record<string, unknown> | undefined,
  after: Record<string, unknown>,
): Record<string, null> {
  const out: Record<string, null> = {};
  for (const key in before) if (after[key] === undefined) out[key] = null;
  return out;
}
