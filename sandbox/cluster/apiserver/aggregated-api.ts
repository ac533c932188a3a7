/**
 * An API that another server answers for: kube-aggregator's APIService with a Service behind it. The API server
 * keeps who may ask, the audit and discovery for itself; what is asked goes on.
 * Left out: watches and writes of such an API, and its traffic as a connection of the network.
 */
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import type { ApiRequest } from '../api/request.ts';
import type { Column, RawType, ResourceInfo } from '../api/schema.ts';

export interface AggregatedApi {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
  /** Types of its kinds, by their OpenAPI names. */
  readonly types: Readonly<Record<string, RawType>>;
  /** Of the tables of all its resources. */
  readonly columns: readonly Column[];
  /** Answers `get` and `list`. Throws `StatusError`. */
  request(request: ApiRequest): KubernetesObject | ObjectList;
}
