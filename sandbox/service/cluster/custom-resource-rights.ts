/**
 * Lets learners use the kinds that they define. RBAC has no rule for “every kind that is not built in”, so the
 * service follows the definitions and names each. Groups of Kubernetes itself are passed over, `gateway.networking.k8s.io`
 * among them: what of them a learner may use is in `learner-rights.ts`.
 */
import { decode } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpOrigin } from '../../core/http.ts';
import { AdminClient, type Manifest } from './admin-client.ts';
import { EVERYTHING, isGroupOfDefinitions, LEARNERS_GROUP } from './learner-rights.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const NAME = 'slipway:learner-custom-resources';
const RETRY_MS = 1000;

interface Definition {
  spec: { group: string; names: { plural: string } };
}

interface DefinitionList {
  metadata: { resourceVersion: string };
  items: Definition[];
}

export class CustomResourceRights implements Disposable {
  #stop: AbortController | undefined;

  /** Grants what there is, and what is defined later. */
  follow(origin: HttpOrigin): void {
    this.dispose();
    const { signal } = (this.#stop = new AbortController());
    void this.#run(origin, signal);
  }

  dispose(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #run(origin: HttpOrigin, signal: AbortSignal): Promise<void> {
    const client = new AdminClient(origin);
    while (!signal.aborted) {
      try {
        const resourceVersion = await grantCustomResources(client);
        await nextChange(origin, resourceVersion, signal);
      } catch {
        // An API server that restarts; the loop ends with the session.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

/** Grants what is defined now; the answer is the version of the list of definitions that was read. */
export async function grantCustomResources(client: AdminClient): Promise<string> {
  const list = (await client.get<DefinitionList>(DEFINITIONS))!;
  for (const manifest of rightsTo(list.items)) await client.apply(manifest);
  return list.metadata.resourceVersion;
}

/** Resolves when a definition came, changed or went, or when the server ended the watch. */
async function nextChange(origin: HttpOrigin, resourceVersion: string, signal: AbortSignal): Promise<void> {
  const path = `${DEFINITIONS}?watch=true&resourceVersion=${resourceVersion}`;
  const { body } = await origin.fetch({ method: 'GET', path, headers: {}, signal });
  if (body instanceof Uint8Array) throw new Error(decode(body));
  for await (const chunk of body) if (chunk.length > 0) return;
}

/** A role and its binding. Exported for its test. */
export function rightsTo(definitions: readonly Definition[]): Manifest[] {
  const own = definitions.filter(({ spec }) => isGroupOfDefinitions(spec.group));
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: own.map(({ spec: { group, names } }) => ({
        apiGroups: [group],
        resources: [names.plural, `${names.plural}/status`, `${names.plural}/scale`],
        verbs: EVERYTHING,
      })),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: LEARNERS_GROUP }],
    },
  ];
}
