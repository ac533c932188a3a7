/** Events about one container of a pod: they name it in `involvedObject.fieldPath`. */
import type { EventRecorder, EventType } from '../client/event-recorder.ts';
import type { Pod } from '../client/kinds.ts';

export class ContainerEvents {
  readonly #recorder: EventRecorder;
  readonly #pod: () => Pod;
  readonly #fieldPath: string;

  /** @param fieldPath `spec.containers{web}` */
  constructor(recorder: EventRecorder, pod: () => Pod, fieldPath: string) {
    this.#recorder = recorder;
    this.#pod = pod;
    this.#fieldPath = fieldPath;
  }

  record(type: EventType, reason: string, message: string): void {
    const { metadata } = this.#pod();
    this.#recorder.event(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
        fieldPath: this.#fieldPath,
      },
      type,
      reason,
      message,
    );
  }
}
