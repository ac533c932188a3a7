/**
 * The control plane of a cluster: API server, controller manager and scheduler, each with its own identity.
 * Wiring only.
 */
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import type { Random } from '../core/random.ts';
import type { UserInfo } from './api/request.ts';
import { ApiServer, type ApiServerOptions } from './apiserver/api-server.ts';
import { Client } from './client/client.ts';
import { EventRecorder } from './client/event-recorder.ts';
import { InformerFactory } from './client/informer-factory.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type ResourceType } from './client/resources.ts';
import type { SignCertificate } from './controllers/certificates/certificates.ts';
import type { ControllerContext } from './controllers/controller.ts';
import { startControllers } from './controllers/controllers.ts';
import { Scheduler } from './scheduler/scheduler.ts';

/** The build that the components say they are. */
const VERSION = 'v1.35.4 (linux/amd64) kubernetes/2c7b2a4';

const DELETABLE = ['list', 'watch', 'delete'];

export interface ControlPlaneOptions extends ApiServerOptions {
  /** The certificate (PEM) of the authority that signed the API server's own; pods are given it. */
  rootCertificate?: string;
  /** Signs with the authority's key; default: nobody does. */
  sign?: SignCertificate | undefined;
  /** Hears of failures that a component tries again. */
  onError?(component: string, key: string, error: unknown): void;
}

export class ControlPlane implements Disposable {
  readonly api: ApiServer;
  /** Shared by everything in this process that follows the API. */
  readonly informers: InformerFactory;
  readonly #sign: SignCertificate | undefined;
  readonly #manager: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #rootCertificate: string;
  readonly #onError: (component: string, key: string, error: unknown) => void;
  readonly #resources = new DisposableStore();
  #discovered: { version: number; resources: ResourceType[] } | undefined;

  constructor({ rootCertificate, sign, onError, ...options }: ControlPlaneOptions) {
    this.#sign = sign;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#rootCertificate = rootCertificate ?? '';
    this.#onError = onError ?? (() => {});
    this.api = this.#resources.add(new ApiServer(options));
    const user = { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
    const client = this.client(user, `kube-controller-manager/${VERSION}/shared-informers`);
    this.#manager = this.client(user, `kube-controller-manager/${VERSION}`);
    this.informers = this.#resources.add(new InformerFactory(client, options.clock));
  }

  /** The API as `user`. */
  client(user: UserInfo, userAgent: string): Client {
    return new Client(this.api, { user, userAgent });
  }

  /** Starts controllers, scheduler and informers. */
  start(): void {
    const recorders = new Map<string, EventRecorder>();
    const context: ControllerContext = {
      clock: this.#clock,
      random: this.#random,
      informers: this.informers,
      rootCertificate: this.#rootCertificate,
      resources: () => this.#deletableResources(),
      onResourcesChanged: (listener) => this.#onResourcesChanged(listener),
      sign: this.#sign,
      manager: this.#manager,
      client: (serviceAccount) => this.#asServiceAccount(serviceAccount),
      recorder: (component, client) => {
        let recorder = recorders.get(component);
        if (!recorder) {
          recorder = this.#resources.add(new EventRecorder(client, this.#clock, { component }));
          recorders.set(component, recorder);
        }
        return recorder;
      },
      onError: this.#onError,
    };
    this.#resources.add(startControllers(context));
    const user = { username: 'system:kube-scheduler', groups: ['system:authenticated'] };
    this.#resources.add(
      new Scheduler({
        clock: this.#clock,
        random: this.#random,
        client: this.client(user, `kube-scheduler/${VERSION}/scheduler`),
        informers: this.informers,
        onError: (pod, error) => this.#onError('scheduler', pod, error),
      }),
    );
    this.informers.start();
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** One version of each resource that can be listed, watched and deleted. */
  #deletableResources(): readonly ResourceType[] {
    const { types } = this.api;
    if (this.#discovered?.version === types.generation) return this.#discovered.resources;
    const resources = new Map<string, ResourceType>();
    for (const resource of types.resources()) {
      const { group, verbs } = resource;
      const name = `${resource.resource}.${group}`;
      if (resources.has(name) || !DELETABLE.every((verb) => verbs.includes(verb))) continue;
      const { version, kind, namespaced } = resource;
      resources.set(name, { group, version, resource: resource.resource, kind, namespaced });
    }
    this.#discovered = { version: types.generation, resources: [...resources.values()] };
    return this.#discovered.resources;
  }

  /** Resources come and go with CustomResourceDefinitions. */
  #onResourcesChanged(listener: () => void): Disposable {
    return this.informers
      .informer(CUSTOM_RESOURCE_DEFINITIONS)
      .addHandler({ update: listener, delete: listener });
  }

  #asServiceAccount(name: string): Client {
    const username = `system:serviceaccount:kube-system:${name}`;
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
    return this.client({ username, groups }, `kube-controller-manager/${VERSION}/${username}`);
  }
}
