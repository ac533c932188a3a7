/**
 * One informer a resource over the session's API, shared by picture, details and time line; redrawn at most once a
 * frame. Looking back draws the picture of then.
 */
import { computed, signal } from '@preact/signals';
import { keyOf, type KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { Client } from '../../../sandbox/cluster/client/client.ts';
import { HttpTransport } from '../../../sandbox/cluster/client/http-transport.ts';
import { InformerFactory } from '../../../sandbox/cluster/client/informer-factory.ts';
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../../../sandbox/cluster/client/resources.ts';
import { RealClock, type Clock } from '../../../sandbox/core/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../../sandbox/core/disposable.ts';
import type { Session } from '../../../sandbox/runtimes/runtime.ts';
import { sessionClock } from '../../../sandbox/runtimes/session-clock.ts';
import { beginsDeletion, ClusterHistory, type Followed } from './cluster-history.ts';
import { LiveTraffic, NO_TRAFFIC, type TrafficPicture } from './live-traffic.ts';
import { clusterPicture, own, type Picture, type ServicePicture } from './picture.ts';

/** How often what flows is looked at again while nothing new is reported. */
const TRAFFIC_MS = 500;

export class ClusterWatch implements Disposable {
  readonly history = new ClusterHistory();
  /** How many changes there are; what is shown follows it a frame later. */
  readonly changeCount = signal(0);
  /** The picture is of after so many changes; undefined shows the present. */
  readonly lookingBack = signal<number | undefined>(undefined);
  readonly picture = computed<Picture | undefined>(() => {
    const count = this.lookingBack.value;
    return count === undefined ? this.#present.value : clusterPicture(this.history.at(count));
  });

  /** What flows at present; nothing when looking back. */
  readonly traffic = computed<TrafficPicture>(() =>
    this.lookingBack.value === undefined ? this.#flowing.value : NO_TRAFFIC,
  );

  /** The lesson's Services as they are now, whatever is looked back at. */
  readonly services = computed<ServicePicture[]>(() => this.#present.value?.services ?? []);

  #present = signal<Picture | undefined>(undefined);
  #flowing = signal(NO_TRAFFIC);
  #factory: InformerFactory;
  #clock: Clock;
  #owned = new DisposableStore();
  #frame = 0;
  /** Who deleted what: an object that is gone cannot tell. By resource and key. */
  #deletedBy = new Map<string, string>();

  constructor(session: Session) {
    const transport = new HttpTransport(session.kube, { 'user-agent': 'slipway-cluster-view' });
    // Over HTTP the server decides who asks; the name here is not sent.
    const client = new Client(transport, { user: { username: '', groups: [] } });
    const world = new RealClock();
    const { clock, following } = sessionClock(session, world);
    this.#clock = clock;
    this.#owned.add(following);
    this.#owned.add(
      session.audit.watch(({ verb, objectRef, user, userAgent }) => {
        if (verb !== 'delete' || !objectRef?.name) return;
        const key = objectRef.namespace ? `${objectRef.namespace}/${objectRef.name}` : objectRef.name;
        this.#deletedBy.set(`${objectRef.resource}/${key}`, userAgent?.split('/')[0] || user.username);
      }),
    );
    this.#followTraffic(session, world);
    this.#factory = this.#owned.add(new InformerFactory(client, world));
    const objects = {
      nodes: this.#factory.informer(NODES),
      pods: this.#factory.informer(PODS),
      deployments: this.#factory.informer(DEPLOYMENTS),
      replicaSets: this.#factory.informer(REPLICA_SETS),
      services: this.#factory.informer(SERVICES),
      endpointSlices: this.#factory.informer(ENDPOINT_SLICES),
    };
    const draw = () => {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.changeCount.value = this.history.changes.length;
        this.#present.value = clusterPicture({
          nodes: objects.nodes.list(),
          pods: objects.pods.list(),
          deployments: objects.deployments.list(),
          replicaSets: objects.replicaSets.list(),
          services: objects.services.list(),
          endpointSlices: objects.endpointSlices.list(),
        });
      });
    };
    for (const [name, informer] of Object.entries(objects)) {
      const { resource, kind } = informer.type;
      const followed = name as Followed;
      const record = (before: KubernetesObject | undefined, after: KubernetesObject | undefined) => {
        draw();
        const object = (after ?? before)!;
        if (!own(object)) return;
        const key = keyOf(object);
        const deletedBy = beginsDeletion(before, after)
          ? this.#deletedBy.get(`${resource}/${key}`)
          : undefined;
        const atMs = this.#clock.now();
        this.history.record({ resource: followed, kind, key, before, after, atMs, deletedBy });
      };
      informer.addHandler({
        add: (object: KubernetesObject, initial: boolean) => {
          if (!initial) return record(undefined, object);
          this.history.begin(followed, object);
          draw();
        },
        update: record,
        delete: (object: KubernetesObject) => record(object, undefined),
      });
    }
    this.#factory.start();
    void this.#factory.synced().then(draw);
  }

  #followTraffic(session: Session, world: Clock): void {
    const traffic = new LiveTraffic();
    let again: Disposable | undefined;
    const look = () => {
      again?.dispose();
      this.#flowing.value = traffic.at(world.now());
      again = this.#flowing.value === NO_TRAFFIC ? undefined : world.setTimeout(look, TRAFFIC_MS);
    };
    this.#owned.add(
      session.traffic.watch((flows) => {
        traffic.add(flows, world.now());
        look();
      }),
    );
    this.#owned.add(toDisposable(() => again?.dispose()));
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#owned.dispose();
  }
}
