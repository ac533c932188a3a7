/** What kube-controller-manager gives to each of its controllers. */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import { keyOf, type KubernetesObject, type OwnerReference } from '../api/object.ts';
import type { SignCertificate } from './certificates/certificates.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { apiVersionOf, type ResourceType } from '../client/resources.ts';

export interface ControllerContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by all controllers of the process. */
  readonly informers: InformerFactory;
  /** Every resource that can be listed, watched and deleted: discovery, custom resources included. */
  resources(): readonly ResourceType[];
  /** Tells that `resources` may answer differently from now on. */
  onResourcesChanged(listener: () => void): Disposable;
  /** The certificate (PEM) of the authority that signed the API server's own. */
  readonly rootCertificate: string;
  /** Signs with the cluster's authority; undefined where there is none with a key. */
  readonly sign?: SignCertificate | undefined;
  /** A client with the identity of kube-controller-manager itself. */
  readonly manager: Client;
  /** A client with the service account of that name in kube-system, e.g. `deployment-controller`. */
  client(serviceAccount: string): Client;
  /** An event recorder with that component as source, which writes as `client`; it lives as long as the context. */
  recorder(component: string, client: Client): EventRecorder;
  /** Hears of failures that a controller will retry. */
  onError(controller: string, key: string, error: unknown): void;
}

/**
 * Starts a controller: registers its informers and handlers, and works until disposed. Informers may not
 * have synced yet; a controller that has to see everything first waits for them itself.
 */
export type StartController = (context: ControllerContext) => Disposable;

/** The reference by which `owner` controls what it makes (`metav1.NewControllerRef`). */
export function controllerReference(type: ResourceType, owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name: owner.metadata.name!,
    uid: owner.metadata.uid!,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The live owner that a controller reference names, if it is of `kind` and has not been replaced. */
export function resolveController<T extends KubernetesObject>(
  informer: Informer<T>,
  namespace: string | undefined,
  reference: OwnerReference | undefined,
): T | undefined {
  if (!reference || reference.kind !== informer.type.kind) return undefined;
  const owner = informer.get(keyOf({ metadata: { namespace, name: reference.name } }));
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}
