/**
 * What helm does to the cluster: applies manifests on the server as the manager `helm`, waits for them, runs hooks
 * by their weights and removes what a release no longer has.
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { deleteObject, propagationPolicyOf } from '../kubectl/deletion.ts';
import { groupKind, mappingOf, NoKindMatch, resourcePath } from '../kubectl/discovery.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { Info } from '../kubectl/resource-builder.ts';
import { parseYaml } from '../kubectl/manifest.ts';
import { HelmError } from './chart.ts';
import { byInstallOrder, splitDocuments, type Hook } from './rendering.ts';
import type { Release } from './release-store.ts';
import { timestamp } from './release-store.ts';

const APPLY_PATCH = 'application/apply-patch+yaml';
const POLL_MS = 500;
const RELEASE_NAME = 'meta.helm.sh/release-name';
const RELEASE_NAMESPACE = 'meta.helm.sh/release-namespace';
const MANAGED_BY = 'app.kubernetes.io/managed-by';

const pathOf = ({ mapping, namespace, name }: Info) => resourcePath(mapping, namespace, name);
const idOf = ({ mapping, namespace, name }: Info) => `${groupKind(mapping)}/${namespace}/${name}`;

export class Deployment {
  readonly #invocation: Invocation;
  readonly #release: { name: string; namespace: string };
  readonly #timeoutMs: number;

  constructor(invocation: Invocation, release: { name: string; namespace: string }) {
    this.#invocation = invocation;
    this.#release = release;
    this.#timeoutMs = invocation.flags.has('timeout') ? invocation.flags.duration('timeout') : 300_000;
  }

  /** The objects of a manifest. Throws for kinds that the cluster does not have. */
  async resources(manifest: string): Promise<Info[]> {
    const out: Info[] = [];
    for (const document of splitDocuments(manifest)) {
      const object = parseYaml(document) as KubernetesObject;
      try {
        const mapping = await mappingOf(this.#invocation.api, object);
        const namespace = mapping.namespaced ? object.metadata.namespace || this.#release.namespace : '';
        out.push({ mapping, namespace, name: object.metadata.name ?? '', source: '', object });
      } catch (error) {
        if (!(error instanceof NoKindMatch)) throw error;
        throw new HelmError(
          `unable to build kubernetes objects from release manifest: resource mapping not found for name: ${JSON.stringify(object.metadata.name)} namespace: ${JSON.stringify(object.metadata.namespace ?? '')} from "": ${error.message}\nensure CRDs are installed first`,
        );
      }
    }
    return out;
  }

  async #live(resource: Info): Promise<KubernetesObject | undefined> {
    try {
      return await this.#invocation.api.get<KubernetesObject>(pathOf(resource));
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** What is there and belongs to somebody else must not be taken over. */
  async checkOwnership(resources: readonly Info[], action: string): Promise<void> {
    for (const resource of resources) {
      const live = await this.#live(resource);
      if (!live) continue;
      const { labels = {}, annotations = {} } = live.metadata;
      const problems: string[] = [];
      const check = (what: string, key: string, values: Record<string, string>, wanted: string) => {
        if (values[key] === undefined)
          problems.push(
            `${what} validation error: missing key ${JSON.stringify(key)}: must be set to ${JSON.stringify(wanted)}`,
          );
        else if (values[key] !== wanted)
          problems.push(
            `${what} validation error: key ${JSON.stringify(key)} must equal ${JSON.stringify(wanted)}: current value is ${JSON.stringify(values[key])}`,
          );
      };
      check('label', MANAGED_BY, labels, 'Helm');
      check('annotation', RELEASE_NAME, annotations, this.#release.name);
      check('annotation', RELEASE_NAMESPACE, annotations, this.#release.namespace);
      if (problems.length > 0)
        throw new HelmError(
          `unable to continue with ${action}: ${resource.mapping.kind} ${JSON.stringify(resource.object.metadata.name)} in namespace ${JSON.stringify(resource.namespace)} exists and cannot be imported into the current release: invalid ownership metadata; ${problems.join('; ')}`,
        );
    }
  }

  /** Creates or changes, with the marks of the release. */
  async apply(resources: readonly Info[], marked = true): Promise<void> {
    const { api, flags } = this.#invocation;
    for (const resource of resources) {
      const { metadata } = resource.object;
      const object: KubernetesObject = marked
        ? {
            ...resource.object,
            metadata: {
              ...metadata,
              labels: { ...metadata.labels, [MANAGED_BY]: 'Helm' },
              annotations: {
                ...metadata.annotations,
                [RELEASE_NAME]: this.#release.name,
                [RELEASE_NAMESPACE]: this.#release.namespace,
              },
            },
          }
        : resource.object;
      const force = flags.has('force-conflicts') && flags.bool('force-conflicts');
      try {
        await api.request('PATCH', pathOf(resource), {
          query: { fieldManager: 'helm', force, fieldValidation: 'Strict' },
          contentType: APPLY_PATCH,
          body: object,
        });
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const { group, version, kind } = resource.mapping;
        throw new HelmError(
          `server-side apply failed for object ${resource.namespace}/${metadata.name} ${group ? `${group}/` : '/'}${version}, Kind=${kind}: ${error.message}`,
        );
      }
    }
  }

  async remove(resources: readonly Info[], cascade = 'background'): Promise<void> {
    for (const resource of byInstallOrder(
      resources.map((each) => ({ each, kind: each.mapping.kind })),
    ).reverse()) {
      const { each } = resource;
      if (each.object.metadata.annotations?.['helm.sh/resource-policy'] === 'keep') continue;
      try {
        await deleteObject(this.#invocation, each, { propagationPolicy: propagationPolicyOf(cascade) });
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      }
    }
  }

  /** Those of `old` that `next` has no more. */
  static gone(old: readonly Info[], next: readonly Info[]): Info[] {
    const kept = new Set(next.map(idOf));
    return old.filter((resource) => !kept.has(idOf(resource)));
  }

  async untilGone(resources: readonly Info[]): Promise<void> {
    await this.#until(async () => {
      for (const resource of resources) if (await this.#live(resource)) return false;
      return true;
    }, 'resource deletion');
  }

  /** Waits for pods, workloads, claims, load balancers and, if asked, jobs. */
  async untilReady(resources: readonly Info[], jobs = false): Promise<void> {
    let pending: Info[] = [...resources];
    await this.#until(
      async () => {
        const left: Info[] = [];
        for (const resource of pending) {
          const live = await this.#live(resource);
          if (!live || !isReady(live, jobs)) left.push(resource);
        }
        pending = left;
        return left.length === 0;
      },
      () =>
        pending
          .map(
            ({ mapping, namespace, object }) =>
              `resource ${mapping.kind}/${namespace}/${object.metadata.name} not ready. status: InProgress`,
          )
          .join('\n'),
    );
  }

  async #until(reached: () => Promise<boolean>, what: string | (() => string)): Promise<void> {
    const deadline = this.#invocation.now() + this.#timeoutMs;
    while (!(await reached())) {
      if (this.#invocation.now() >= deadline) {
        const text = typeof what === 'string' ? what : what();
        throw new HelmError(`${text}\ncontext deadline exceeded`);
      }
      await this.#invocation.process.sleep(POLL_MS);
    }
  }

  /** Runs the hooks of an event, one after another, and records their last runs. */
  async runHooks(release: Release, event: string, only: (hook: Hook) => boolean = () => true): Promise<void> {
    const hooks = release.hooks
      .filter((hook) => hook.events.includes(event) && only(hook))
      .sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const hook of hooks) {
      hook.delete_policies ??= ['before-hook-creation'];
      const resources = await this.resources(hook.manifest);
      if (hook.delete_policies.includes('before-hook-creation')) await this.#removeHook(resources);
      hook.last_run = { started_at: timestamp(this.#invocation.now()), phase: 'Running' };
      try {
        await this.apply(resources, false);
        await this.#until(async () => {
          for (const resource of resources) {
            const live = await this.#live(resource);
            if (!live || !isFinished(live)) return false;
          }
          return true;
        }, 'timed out waiting for the condition');
        hook.last_run = {
          ...hook.last_run,
          completed_at: timestamp(this.#invocation.now()),
          phase: 'Succeeded',
        };
      } catch (error) {
        if (!(error instanceof HelmError)) throw error;
        hook.last_run = {
          ...hook.last_run,
          completed_at: timestamp(this.#invocation.now()),
          phase: 'Failed',
        };
        if (hook.delete_policies.includes('hook-failed')) await this.#removeHook(resources);
        throw new HelmError(`failed ${event}: ${hook.path}: ${error.message}`);
      }
    }
    for (const hook of hooks)
      if (hook.delete_policies!.includes('hook-succeeded'))
        await this.#removeHook(await this.resources(hook.manifest));
  }

  async #removeHook(resources: readonly Info[]): Promise<void> {
    await this.remove(resources);
    await this.untilGone(resources);
  }
}

const conditionOf = (object: KubernetesObject, type: string): string | undefined =>
  object.status?.conditions?.find((condition: { type: string }) => condition.type === type)?.status;

function isReady(object: KubernetesObject, jobs: boolean): boolean {
  const { spec = {}, status = {}, metadata } = object;
  const observed = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  switch (object.kind) {
    case 'Pod':
      return conditionOf(object, 'Ready') === 'True' || status.phase === 'Succeeded';
    case 'Deployment': {
      // Pods of the old revision may be what is available.
      const wanted = spec.replicas ?? 1;
      const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
      return (
        observed && updatedReplicas >= wanted && replicas <= updatedReplicas && availableReplicas >= wanted
      );
    }
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'ReplicationController':
      return observed && (status.readyReplicas ?? 0) >= (spec.replicas ?? 1);
    case 'DaemonSet':
      return observed && (status.numberAvailable ?? 0) >= (status.desiredNumberScheduled ?? 0);
    case 'PersistentVolumeClaim':
      return status.phase === 'Bound';
    case 'Service':
      return spec.type !== 'LoadBalancer' || (status.loadBalancer?.ingress ?? []).length > 0;
    case 'Job':
      if (conditionOf(object, 'Failed') === 'True') throw new HelmError(`job ${metadata.name} failed`);
      return !jobs || conditionOf(object, 'Complete') === 'True';
  }
  return true;
}

/** Whether a hook has done its work. Throws when it failed. */
function isFinished(object: KubernetesObject): boolean {
  const { namespace, name } = object.metadata;
  if (object.kind === 'Job') {
    if (conditionOf(object, 'Failed') === 'True')
      throw new HelmError(
        `resource Job/${namespace}/${name} not ready. status: Failed, message: Job Failed. failed: ${object.status?.failed ?? 0}/1`,
      );
    return conditionOf(object, 'Complete') === 'True';
  }
  if (object.kind === 'Pod') {
    if (object.status?.phase === 'Failed') throw new HelmError(`pod ${name} failed`);
    return object.status?.phase === 'Succeeded';
  }
  return true;
}
