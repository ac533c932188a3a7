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
import type { ControllerContext } from './controllers/controller.ts';
import { startControllers } from './controllers/controllers.ts';
import { Scheduler } from './scheduler/scheduler.ts';

/** The build that the components say they are. */
const VERSION = 'v1.35.4 (linux/amd64) kubernetes/2c7b2a4';

export interface ControlPlaneOptions extends ApiServerOptions {
  /** The machine it runs on. */
  hostname: string;
  /** Hears of failures that a component tries again. */
  onError?(component: string, key: string, error: unknown): void;
}

export class ControlPlane implements Disposable {
  readonly api: ApiServer;
  /** Shared by everything in this process that follows the API. */
  readonly informers: InformerFactory;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hostname: string;
  readonly #onError: (component: string, key: string, error: unknown) => void;
  readonly #resources = new DisposableStore();

  constructor({ hostname, onError, ...options }: ControlPlaneOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#hostname = hostname;
    this.#onError = onError ?? (() => {});
    this.api = this.#resources.add(new ApiServer(options));
    const user = { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
    const client = this.client(user, `kube-controller-manager/${VERSION}/shared-informers`);
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
      client: (serviceAccount) => this.#asServiceAccount(serviceAccount),
      recorder: (component) => {
        let recorder = recorders.get(component);
        if (!recorder) {
          const client = this.#asServiceAccount(component);
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
        hostname: this.#hostname,
        onError: (pod, error) => this.#onError('scheduler', pod, error),
      }),
    );
    this.informers.start();
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #asServiceAccount(name: string): Client {
    const username = `system:serviceaccount:kube-system:${name}`;
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
    return this.client({ username, groups }, `kube-controller-manager/${VERSION}/${username}`);
  }
}
