/**
 * The add-on `knative`: Serving and Eventing 1.22 with the CustomResourceDefinitions of life (`definitions-1.22.json`,
 * made by `definitions.mjs`), their namespaces, ConfigMaps, Services and webhooks. The controllers and the data plane
 * run beside the cluster, as its control plane does: there are no pods in `knative-serving` and `knative-eventing`,
 * because they would do nothing.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { KubernetesObject } from '../api/object.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../client/resources.ts';
import { ensure } from '../client/ensure.ts';
import definitions from './definitions-1.22.json' with { type: 'json' };
import type { KnativeContext, KnativeOptions } from './knative-context.ts';
import { startEventing } from './eventing/eventing.ts';
import { startServing } from './serving/serving.ts';

/** Puts what is not there yet, and starts what serves it. */
export async function installKnative(options: KnativeOptions): Promise<Disposable> {
  const { client, clock } = options;
  const resources = new DisposableStore();
  const recorders = new Map<string, EventRecorder>();
  const context: KnativeContext = {
    ...options,
    recorder: (component) => {
      let recorder = recorders.get(component);
      if (!recorder)
        recorders.set(component, (recorder = resources.add(new EventRecorder(client, clock, { component }))));
      return recorder;
    },
  };
  for (const definition of definitions as KubernetesObject[])
    await ensure(client, CUSTOM_RESOURCE_DEFINITIONS, definition);
  resources.add(await startServing(context));
  resources.add(await startEventing(context));
  return resources;
}
