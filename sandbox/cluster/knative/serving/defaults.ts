/** What Knative fills in before an object is stored (`webhook.serving.knative.dev`): pkg/apis/serving/v1/*_defaults.go. */
import { deepEqual } from '../../api/equality.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { Container, PodSpec } from '../../client/kinds.ts';
import {
  CREATOR,
  LAST_MODIFIER,
  type RevisionSpec,
  type RevisionTemplate,
  type TrafficTarget,
} from './kinds.ts';

const TIMEOUT_SECONDS = 300;
const CONTAINER_NAME = 'user-container';

/** The object with its defaults. `old` is what is there already; `user` whoever writes. */
export function withDefaults(
  object: KubernetesObject,
  old: KubernetesObject | undefined,
  user: string,
): KubernetesObject {
  const { kind, spec } = object;
  // A Revision does not change any more.
  if (kind === 'Revision') return old || !spec ? object : { ...object, spec: revisionDefaults(spec, true) };
  const isCreate = old === undefined;
  const { template, traffic } = (spec ?? {}) as { template?: RevisionTemplate; traffic?: TrafficTarget[] };
  const filled = {
    ...spec,
    ...(kind !== 'Route' && template?.spec
      ? { template: { ...template, spec: revisionDefaults(template.spec, isCreate) } }
      : {}),
    ...(kind === 'Service' || traffic ? { traffic: trafficDefaults(traffic, kind === 'Service') } : {}),
  };
  const own = !object.metadata.ownerReferences?.length;
  const changed = isCreate || !deepEqual(old.spec, filled);
  const annotations = {
    ...object.metadata.annotations,
    ...(own && isCreate ? { [CREATOR]: user } : {}),
    ...(own && changed ? { [LAST_MODIFIER]: user } : {}),
  };
  return {
    ...object,
    metadata: Object.keys(annotations).length > 0 ? { ...object.metadata, annotations } : object.metadata,
    spec: filled,
  };
}

function trafficDefaults(
  traffic: TrafficTarget[] | undefined,
  isService: boolean,
): TrafficTarget[] | undefined {
  if (!traffic?.length) return isService ? [{ latestRevision: true, percent: 100 }] : traffic;
  return traffic.map((target) => ({
    ...target,
    latestRevision: target.latestRevision ?? !target.revisionName,
    percent: target.percent ?? 0,
  }));
}

function revisionDefaults(spec: RevisionSpec, isCreate: boolean): RevisionSpec {
  const containers = spec.containers ?? [];
  const names = new Set(containers.map(({ name }) => name));
  return {
    ...spec,
    timeoutSeconds: spec.timeoutSeconds || TIMEOUT_SECONDS,
    containerConcurrency: spec.containerConcurrency ?? 0,
    ...(isCreate ? { enableServiceLinks: spec.enableServiceLinks ?? false } : {}),
    containers: containers.map((container, index) =>
      containerDefaults(
        container.name ? container : { ...container, name: freeName(names, index, containers.length) },
        spec,
        containers.length === 1 || Boolean(container.ports?.length),
      ),
    ),
  };
}

function freeName(names: Set<string>, index: number, of: number): string {
  const base = of === 1 ? CONTAINER_NAME : `${CONTAINER_NAME}-${index}`;
  let name = base;
  for (let at = 0; names.has(name); at++) name = `${base}-${at}`;
  names.add(name);
  return name;
}

function containerDefaults(container: Container, { volumes = [] }: PodSpec, isServing: boolean): Container {
  const { readinessProbe, volumeMounts } = container;
  let probe = readinessProbe;
  if (isServing && !(probe?.tcpSocket || probe?.httpGet || probe?.exec || probe?.grpc))
    probe = { ...probe, tcpSocket: { port: 0 } };
  if (probe) {
    probe = { ...probe, successThreshold: probe.successThreshold || 1 };
    if (probe.periodSeconds)
      probe = {
        ...probe,
        failureThreshold: probe.failureThreshold || 3,
        timeoutSeconds: probe.timeoutSeconds || 1,
      };
  }
  const writable = new Set(
    volumes
      .filter((each) => each.emptyDir || each.persistentVolumeClaim || each.ephemeral)
      .map(({ name }) => name),
  );
  return {
    ...container,
    resources: container.resources ?? {},
    ...(probe ? { readinessProbe: probe } : {}),
    ...(volumeMounts
      ? {
          volumeMounts: volumeMounts.map((each) =>
            writable.has(each.name) ? each : { ...each, readOnly: true },
          ),
        }
      : {}),
  };
}
