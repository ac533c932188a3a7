/** How controllers make and remove their pods, and what they say about it (`controller.RealPodControl`). */
import type { KubernetesObject, OwnerReference } from '../api/object.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Pod, PodTemplateSpec } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';

/** The longest `generateName` such that the name still is a DNS label. */
const MAX_PREFIX_LENGTH = 253;

/** A pod as `template` says, controlled by `controller`. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: KubernetesObject,
  controller: OwnerReference,
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name}-`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: prefix.length > MAX_PREFIX_LENGTH ? owner.metadata.name! : prefix,
      namespace: owner.metadata.namespace,
      labels: { ...labels },
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controller],
    },
    spec: template.spec!,
  };
}

export class PodControl {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /** Creates `pod`; the outcome is an event on `owner`. Rejects with what the API said. */
  async create(pod: Pod, owner: KubernetesObject): Promise<Pod> {
    try {
      const created = await this.#client.create(PODS, pod);
      this.#recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        this.#recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
      }
      throw error;
    }
  }

  /** Deletes `pod`; the outcome is an event on `owner`, unless the pod is gone already (rejects with NotFound). */
  async delete(pod: Pod, owner: KubernetesObject): Promise<void> {
    try {
      await this.#client.delete(PODS, pod.metadata);
    } catch (error) {
      if (isStatus(error, 'NotFound')) throw error;
      const { message } = error as Error;
      this.#recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${message}`);
      throw new Error(`unable to delete pods: ${message}`, { cause: error });
    }
    this.#recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  }
}

/** The API refuses to create because the namespace is going away: nothing to retry, nothing to report. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true
  );
}
