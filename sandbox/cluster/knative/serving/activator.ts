/**
 * The activator: takes the requests of all revisions, holds those of a revision at zero until a pod answers, and counts
 * them for the autoscaler. In Knative it leaves the path once there are pods enough (`target-burst-capacity`, 211 by
 * default: three pods and more); here it stays, as with -1, so that nobody has to scrape pods for their numbers.
 *
 * A pod counts as soon as its queue-proxy says that the container answers (in Knative the activator asks it again and
 * again), or as the kubelet finds it Ready.
 */
import { decode, EMPTY } from '../../../core/bytes.ts';
import type { Clock } from '../../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import { whenSent } from '../../../core/read-ahead.ts';
import { withTimeLimit } from '../../../core/time-limit.ts';
import { Errno } from '../../../os/errno.ts';
import { keyOf } from '../../api/object.ts';
import type { Informer } from '../../client/informer.ts';
import type { Pod } from '../../client/kinds.ts';
import { PODS } from '../../client/resources.ts';
import { isPodReady } from '../../controllers/pod.ts';
import type { NetworkStack } from '../../network/network-stack.ts';
import type { KnativeContext } from '../knative-context.ts';
import { REVISION_LABEL, REVISIONS, type Revision } from './kinds.ts';
import { QUEUE_PORT } from './revision-deployment.ts';
import { QueueFull, RevisionTraffic, type Place } from './revision-traffic.ts';

/** Where the activator takes requests, and where queue-proxies tell that they answer. */
export const ACTIVATOR_PORT = 8012;
export const ANNOUNCE_PORT = 8013;
const NAMESPACE_HEADER = 'knative-serving-namespace';
const REVISION_HEADER = 'knative-serving-revision';
/** Pods that refused a connection in a row before the request fails. */
const TRIES = 3;
const DEFAULT_TIMEOUT_SECONDS = 300;

export interface ActivatorInit {
  context: KnativeContext;
  /** The machine that it is. */
  stack: NetworkStack;
  /** A revision has something to do: `waiting` when no pod takes it. */
  onDemand(revision: string, waiting: boolean): void;
}

export class Activator implements Disposable {
  readonly #init: ActivatorInit;
  readonly #clock: Clock;
  readonly #revisions: Informer<Revision>;
  readonly #pods: Informer<Pod>;
  readonly #traffic = new Map<string, RevisionTraffic>();
  readonly #resources = new DisposableStore();

  constructor(init: ActivatorInit) {
    this.#init = init;
    const { context, stack } = init;
    this.#clock = context.clock;
    this.#revisions = context.informers.informer(REVISIONS);
    this.#pods = context.informers.informer(PODS);
    const seen = (pod: Pod) => this.#podChanged(pod);
    this.#resources.add(
      this.#pods.addHandler({
        add: seen,
        update: (_, after) => seen(after),
        delete: (pod) => this.#trafficOf(pod)?.remove(pod.metadata.name!),
      }),
    );
    this.#resources.add(
      this.#revisions.addHandler({
        add: (revision) => this.#configure(revision),
        update: (_, revision) => this.#configure(revision),
        delete: (revision) => void this.#traffic.delete(keyOf(revision)),
      }),
    );
    this.#resources.add(stack.listen(ACTIVATOR_PORT, (request) => this.#direct(request)));
    this.#resources.add(stack.listen(ANNOUNCE_PORT, async (request) => this.#announced(request)));
  }

  /** What is under way for a revision (`namespace/name`). */
  traffic(key: string): RevisionTraffic {
    let traffic = this.#traffic.get(key);
    if (!traffic) this.#traffic.set(key, (traffic = new RevisionTraffic(this.#clock)));
    return traffic;
  }

  /** Answers a request as the revision does, as soon as it can. */
  async forward(key: string, request: HttpRequest): Promise<HttpResponse> {
    const revision = this.#revisions.get(key);
    if (!revision) return textResponse(404, '');
    const traffic = this.traffic(key);
    const end = traffic.begin();
    this.#init.onDemand(key, traffic.pods === 0);
    const timeoutMs = (revision.spec!.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
    try {
      return await withTimeLimit(
        this.#clock,
        timeoutMs,
        () => new TimedOut(),
        request.signal,
        (signal) => this.#send(traffic, { ...request, signal }, end),
      );
    } catch (error) {
      end();
      if (error instanceof QueueFull) return textResponse(503, `${error.message}\n`);
      if (error instanceof TimedOut) return textResponse(504, 'activator request timeout\n');
      if (error instanceof Errno) return textResponse(502, `dial tcp: ${error.message.toLowerCase()}\n`);
      throw error;
    }
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #send(traffic: RevisionTraffic, request: HttpRequest, end: () => void): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      const place = await traffic.acquire(request.signal);
      const done = () => {
        traffic.release(place);
        end();
      };
      try {
        return whenSent(await this.#init.stack.fetch(place.address, QUEUE_PORT, request), done);
      } catch (error) {
        traffic.release(place);
        if (!isGone(error) || attempt >= TRIES) throw error;
        // A pod that has just ended: the next one is asked, or waited for.
        traffic.remove(place.pod);
        this.#recheck(place);
      }
    }
  }

  /** A pod that refused is taken back where the kubelet still finds it Ready. */
  #recheck({ pod, address }: Place): void {
    for (const found of this.#pods.list())
      if (found.metadata.name === pod && found.status?.podIP === address)
        this.#clock.setTimeout(() => this.#podChanged(this.#pods.get(keyOf(found)) ?? found), 1000);
  }

  #configure(revision: Revision): void {
    this.traffic(keyOf(revision)).containerConcurrency = revision.spec!.containerConcurrency ?? 0;
  }

  #trafficOf({ metadata }: Pod): RevisionTraffic | undefined {
    const name = metadata.labels?.[REVISION_LABEL];
    return name ? this.traffic(`${metadata.namespace}/${name}`) : undefined;
  }

  #podChanged(pod: Pod): void {
    const traffic = this.#trafficOf(pod);
    if (!traffic) return;
    const { name, deletionTimestamp } = pod.metadata;
    const { phase, podIP } = pod.status ?? {};
    if (deletionTimestamp || phase === 'Failed' || phase === 'Succeeded') traffic.remove(name!);
    else if (podIP && isPodReady(pod)) traffic.add(name!, podIP);
  }

  /** A queue-proxy tells that its pod answers. */
  #announced(request: HttpRequest): HttpResponse {
    const {
      namespace,
      pod: name,
      address,
    } = JSON.parse(decode(request.body ?? EMPTY)) as {
      namespace: string;
      pod: string;
      address: string;
    };
    const pod = this.#pods.get(`${namespace}/${name}`);
    if (!pod || pod.metadata.deletionTimestamp) return textResponse(404, '');
    this.#trafficOf(pod)?.add(name, address);
    return textResponse(200, '');
  }

  /** A request to a revision's own Service, or with the headers of a gateway. */
  #direct(request: HttpRequest): Promise<HttpResponse> {
    const { [NAMESPACE_HEADER]: namespace, [REVISION_HEADER]: revision } = request.headers;
    if (namespace && revision) return this.forward(`${namespace}/${revision}`, request);
    const [name = '', space = ''] = (request.headers['host'] ?? '').replace(/:\d+$/, '').split('.');
    return this.forward(`${space}/${name}`, request);
  }
}

class TimedOut extends Error {}

const isGone = (error: unknown): boolean =>
  error instanceof Errno && (error.code === 'ECONNREFUSED' || error.code === 'EHOSTUNREACH');
