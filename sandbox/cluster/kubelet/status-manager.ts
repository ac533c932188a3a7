/**
 * Writes pods' statuses to the API: pkg/kubelet/status. Of a pod only the newest status is sent, as a patch
 * of what has changed, one pod after the other; what changes meanwhile is in the next patch.
 */
import type { Disposable } from '../../core/disposable.ts';
import { sleep, type Clock } from '../../core/clock.ts';
import { slice } from '../../core/slice.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { Pod, PodStatus } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';

interface Entry {
  pod: Pod;
  /** What the API holds, as far as the kubelet knows. */
  sent: PodStatus;
  wanted: PodStatus;
  /** Waiting for `wanted` to be sent. */
  waiting: (() => void)[];
}

const RETRY_MS = 1000;

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

  /** What was reported of a pod last: by this kubelet, or by whoever did before it. */
  reported(pod: Pod): PodStatus {
    return this.#entries.get(pod.metadata.uid!)?.wanted ?? pod.status ?? {};
  }

  /** Reports `status`, soon. */
  set(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata.uid!;
    const entry = this.#entries.get(uid);
    if (entry) {
      entry.pod = pod;
      entry.wanted = status;
    } else this.#entries.set(uid, { pod, sent: pod.status ?? {}, wanted: status, waiting: [] });
    this.#queue.add(uid);
    this.#wake();
  }

  /** Resolves when what was set last for the pod is in the API, or the pod is gone. */
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
      const { wanted } = entry;
      const { metadata } = entry.pod;
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
            this.forget(entry.pod);
            continue;
          }
          this.#queue.add(uid);
          await sleep(this.#clock, RETRY_MS);
          continue;
        }
      }
      entry.sent = wanted;
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
    const [old, value] = [before[key], after[key]];
    if (old === value || JSON.stringify(old) === JSON.stringify(value)) continue;
    changed = true;
    if (value === undefined) patch[key] = null;
    else if (key in MERGED_LISTS) {
      const name = MERGED_LISTS[key as keyof typeof MERGED_LISTS];
      const list = value as Record<string, unknown>[];
      const gone = ((old ?? []) as Record<string, unknown>[]).filter(
        (item) => !list.some((other) => other[name] === item[name]),
      );
      const same = new Set(((old ?? []) as unknown[]).map((item) => JSON.stringify(item)));
      patch[`$setElementOrder/${key}`] = list.map((item) => ({ [name]: item[name] }));
      patch[key] = [
        ...list.filter((item) => !same.has(JSON.stringify(item))),
        ...gone.map((item) => ({ $patch: 'delete', [name]: item[name] })),
      ];
    } else patch[key] = value;
  }
  return changed ? patch : undefined;
}
