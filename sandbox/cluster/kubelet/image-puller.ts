/**
 * Making sure that a container's image is there: pkg/kubelet/images/image_manager.go with its events.
 * Pulls of different images run side by side (`serializeImagePulls: false`).
 */
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../api/duration.ts';
import type { Container, Pod } from '../client/kinds.ts';
import { PullError, type NodeImages, type StoredImage } from '../images/image-store.ts';
import { InvalidReference, parseReference } from '../images/reference.ts';
import { Backoff } from './backoff.ts';
import { ImageError } from './container-errors.ts';
import type { ContainerEvents } from './container-events.ts';

export class ImagePuller {
  readonly #clock: Clock;
  readonly #images: NodeImages;
  readonly #backoff: Backoff;
  readonly #lastErrors = new Map<string, string>();
  readonly #onPulled: () => void;

  /** @param onPulled called when an image has arrived (the node's status lists it). */
  constructor(clock: Clock, images: NodeImages, onPulled: () => void) {
    this.#clock = clock;
    this.#images = images;
    this.#backoff = new Backoff(clock);
    this.#onPulled = onPulled;
  }

  /** The image of `container`. Rejects with `ImageError`; every outcome is an event. */
  ensure(pod: Pod, container: Container, events: ContainerEvents): StoredImage | Promise<StoredImage> {
    const reference = container.image!;
    let present: StoredImage | undefined;
    try {
      parseReference(reference);
      present = this.#images.find(reference);
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error;
      const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": ${error.message}`;
      events.record('Warning', 'InspectFailed', message);
      throw new ImageError('InvalidImageName', message);
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (present && policy !== 'Always') {
      events.record(
        'Normal',
        'Pulled',
        `Container image "${reference}" already present on machine and can be accessed by the pod`,
      );
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      events.record('Warning', 'ErrImageNeverPull', message);
      throw new ImageError('ErrImageNeverPull', message);
    }
    return this.#pull(pod, reference, events);
  }

  /** The pod is gone: its back-offs are too. */
  forget(pod: Pod): void {
    for (const key of this.#lastErrors.keys()) {
      if (!key.startsWith(`${pod.metadata.uid}_`)) continue;
      this.#lastErrors.delete(key);
      this.#backoff.forget(key);
    }
  }

  async #pull(pod: Pod, reference: string, events: ContainerEvents): Promise<StoredImage> {
    const key = `${pod.metadata.uid}_${reference}`;
    const waitMs = this.#backoff.remainingMs(key);
    if (waitMs > 0) {
      const message = `Back-off pulling image "${reference}"`;
      events.record('Normal', 'BackOff', message);
      throw new ImageError(
        'ImagePullBackOff',
        `${message}: ErrImagePull: ${this.#lastErrors.get(key)}`,
        waitMs,
      );
    }
    events.record('Normal', 'Pulling', `Pulling image "${reference}"`);
    const startedMs = this.#clock.now();
    let stored: StoredImage;
    try {
      stored = await this.#images.pull(reference);
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      events.record('Warning', 'Failed', `Failed to pull image "${reference}": ${error.message}`);
      this.#backoff.next(key);
      this.#lastErrors.set(key, error.message);
      throw new ImageError('ErrImagePull', error.message);
    }
    const took = formatDuration(this.#clock.now() - startedMs);
    events.record(
      'Normal',
      'Pulled',
      `Successfully pulled image "${reference}" in ${took} (${took} including waiting). Image size: ${stored.image.sizeBytes} bytes.`,
    );
    this.#backoff.forget(key);
    this.#lastErrors.delete(key);
    this.#onPulled();
    return stored;
  }
}
