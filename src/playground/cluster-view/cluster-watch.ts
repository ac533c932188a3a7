/** One informer a resource over the session's API, shared by picture and details; redrawn at most once a frame. */
import { signal } from '@preact/signals';
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
import { RealClock } from '../../../sandbox/core/clock.ts';
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import type { HttpOrigin } from '../../../sandbox/core/http.ts';
import { clusterPicture, type Picture } from './picture.ts';

export class ClusterWatch implements Disposable {
  readonly picture = signal<Picture | undefined>(undefined);

  #factory: InformerFactory;
  #frame = 0;

  constructor(kube: HttpOrigin) {
    const transport = new HttpTransport(kube, { 'user-agent': 'slipway-cluster-view' });
    // Over HTTP the server decides who asks; the name here is not sent.
    const client = new Client(transport, { user: { username: '', groups: [] } });
    this.#factory = new InformerFactory(client, new RealClock());
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
        this.picture.value = clusterPicture({
          nodes: objects.nodes.list(),
          pods: objects.pods.list(),
          deployments: objects.deployments.list(),
          replicaSets: objects.replicaSets.list(),
          services: objects.services.list(),
          endpointSlices: objects.endpointSlices.list(),
        });
      });
    };
    for (const informer of Object.values(objects)) {
      informer.addHandler({ add: draw, update: draw, delete: draw });
    }
    this.#factory.start();
    void this.#factory.synced().then(draw);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#factory.dispose();
  }
}
