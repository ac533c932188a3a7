/**
 * ConfigMaps and Secrets that pods of the node refer to: pkg/kubelet/util/manager. Read from the process'
 * informers; what is not there is asked for once more, because an informer may lag behind the pod's.
 */
import { isStatus } from '../api/status.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { Client } from '../client/client.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { ConfigMap, Secret } from '../client/kinds.ts';
import { CONFIG_MAPS, SECRETS, type ResourceType } from '../client/resources.ts';

export class ReferencedObjects {
  readonly #client: Client;
  readonly configMaps: Informer<ConfigMap>;
  readonly secrets: Informer<Secret>;

  constructor(client: Client, informers: InformerFactory) {
    this.#client = client;
    this.configMaps = informers.informer(CONFIG_MAPS);
    this.secrets = informers.informer(SECRETS);
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#get(this.configMaps, CONFIG_MAPS, namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#get(this.secrets, SECRETS, namespace, name);
  }

  async #get<T extends KubernetesObject>(
    informer: Informer<T>,
    type: ResourceType<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const known = informer.get(`${namespace}/${name}`);
    if (known) return known;
    try {
      return await this.#client.get(type, { namespace, name });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
