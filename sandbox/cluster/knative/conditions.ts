/**
 * Conditions as Knative's kinds have them (knative.dev/pkg/apis, a living condition set): `Ready` follows those it
 * depends on, False before Unknown before True; others only inform. They are listed by name.
 */
import { timestamp } from '../../core/clock.ts';

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  severity?: 'Info';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

const READY = 'Ready';

/** The condition of a type, if it is there. */
export const conditionOf = (
  status: { conditions?: readonly Condition[] } | undefined,
  type: string,
): Condition | undefined => status?.conditions?.find((each) => each.type === type);

/** Whether an object is Ready, and its status is about what it says now. */
export const isReady = (object: {
  metadata: { generation?: number };
  status?: { observedGeneration?: number; conditions?: readonly Condition[] };
}): boolean =>
  object.status?.observedGeneration === object.metadata.generation &&
  conditionOf(object.status, READY)?.status === 'True';

export class Conditions {
  readonly #dependents: readonly string[];
  readonly #before: readonly Condition[];
  readonly #now: Map<string, Condition>;
  readonly #nowMs: number;
  /** In the order in which they were set. */
  readonly #set: string[] = [];

  /** Starts from what the status says; what `Ready` depends on and is not there yet is Unknown. */
  constructor(dependents: readonly string[], before: readonly Condition[] = [], nowMs: number) {
    this.#dependents = dependents;
    this.#before = before;
    this.#nowMs = nowMs;
    this.#now = new Map(before.map((each) => [each.type, each]));
    for (const type of [READY, ...dependents])
      if (!this.#now.has(type)) this.#now.set(type, { type, status: 'Unknown' });
  }

  status(type: string): Condition['status'] | undefined {
    return this.#now.get(type)?.status;
  }

  /** Epoch ms since when the condition says what it says; undefined: it has just come to. */
  sinceMs(type: string): number | undefined {
    const found = this.#before.find((each) => each.type === type);
    return found && found.status === this.status(type) && found.lastTransitionTime
      ? Date.parse(found.lastTransitionTime)
      : undefined;
  }

  true(type: string, reason?: string, message?: string): void {
    this.set(type, 'True', reason, message);
  }

  unknown(type: string, reason?: string, message?: string): void {
    this.set(type, 'Unknown', reason, message);
  }

  false(type: string, reason: string, message: string): void {
    this.set(type, 'False', reason, message);
  }

  set(type: string, status: Condition['status'], reason?: string, message?: string): void {
    this.#set.push(type);
    const informs = type !== READY && !this.#dependents.includes(type);
    this.#now.set(type, {
      type,
      status,
      ...(informs ? { severity: 'Info' as const } : {}),
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    });
  }

  /** All of them, `Ready` worked out, with the times of their last changes. */
  list(): Condition[] {
    if (this.#dependents.length > 0) this.#conclude();
    return [...this.#now.values()]
      .map((each) => {
        const old = this.#before.find(({ type }) => type === each.type);
        const same =
          old && old.status === each.status && old.reason === each.reason && old.message === each.message;
        return same ? old : { ...each, lastTransitionTime: timestamp(this.#nowMs) };
      })
      .sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** Of several failures the first cause tells why, of several doubts the one that was looked at last. */
  #conclude(): void {
    const all = this.#dependents.map((type) => this.#now.get(type)!);
    const last = (type: string) => this.#set.lastIndexOf(type);
    const doubts = all
      .filter(({ status }) => status === 'Unknown')
      .sort((a, b) => last(b.type) - last(a.type));
    const worst = all.find(({ status }) => status === 'False') ?? doubts[0];
    this.set(READY, worst?.status ?? 'True', worst?.reason, worst?.message);
  }
}
