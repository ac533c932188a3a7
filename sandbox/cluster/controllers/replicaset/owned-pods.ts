/**
 * The pods of one ReplicaSet, counted as they change: a set of thousands is looked at after each of its pods' changes,
 * and must not go through all of them every time.
 */
import type { Selector } from '../../api/labels.ts';
import type { Pod } from '../../client/kinds.ts';
import { isPodActive, isPodReady, isPodTerminating } from '../pod.ts';

export class OwnedPods {
  readonly #selector: Selector;
  readonly #templateLabels: readonly (readonly [string, string])[];
  /** Neither finished nor being deleted. */
  active = 0;
  /** Of the active ones, those with all labels of the template. */
  fullyLabeled = 0;
  /** Of the active ones. */
  ready = 0;
  /** Being deleted and not finished. */
  terminating = 0;
  /** Active ones that the selector no longer matches: to be released. */
  strayed = 0;

  constructor(selector: Selector, templateLabels: Readonly<Record<string, string>>, pods: Iterable<Pod>) {
    this.#selector = selector;
    this.#templateLabels = Object.entries(templateLabels);
    for (const pod of pods) this.#count(pod, 1);
  }

  /** A pod has come, changed or gone: `before` and `after` are there as far as they belong to the set. */
  changed(before: Pod | undefined, after: Pod | undefined): void {
    if (before) this.#count(before, -1);
    if (after) this.#count(after, 1);
  }

  #count(pod: Pod, by: 1 | -1): void {
    const { labels } = pod.metadata;
    const matches = this.#selector.matches(labels);
    if (isPodTerminating(pod)) {
      if (matches) this.terminating += by;
      return;
    }
    if (!isPodActive(pod)) return;
    if (!matches) {
      this.strayed += by;
      return;
    }
    this.active += by;
    if (isPodReady(pod)) this.ready += by;
    if (this.#templateLabels.every(([key, value]) => labels?.[key] === value)) this.fullyLabeled += by;
  }
}
