/** The scale of a custom resource: replicas and selector are where its definition says (`registry/customresource/etcd.go`). */
import type { KubernetesObject } from '../../api/object.ts';
import type { CustomResourceInfo } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { namesOf, valueAt, withValueAt } from '../custom-resources/field-path.ts';
import type { Registry } from './registry.ts';
import type { RequestContext } from './strategy.ts';
import { patchedScale } from './subresources.ts';

type ScalePaths = NonNullable<CustomResourceInfo['scale']>;

export function customScale(context: RequestContext, registry: Registry): KubernetesObject {
  const { request, resource } = context;
  const paths = resource.custom!.scale!;
  const whole: RequestContext = { ...context, request: { ...request, subresource: undefined } };
  if (request.verb === 'get') {
    const object = registry.get(whole);
    if (valueAt(object, namesOf(paths.specReplicasPath)) === undefined) {
      const why = `the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`;
      throw new StatusError('InternalError', `Internal error occurred: ${why}`, {
        causes: [{ message: why }],
      });
    }
    return scaleOf(object, paths);
  }
  const updated = registry.updateObject(whole, (object) => {
    const current = scaleOf(object, paths);
    const asked = (
      request.verb === 'patch' ? patchedScale(current, context) : request.body
    ) as KubernetesObject;
    const replicas = asked.spec?.replicas ?? 0;
    const known = valueAt(object, namesOf(paths.specReplicasPath)) !== undefined;
    if (asked.spec?.replicas === undefined && !known)
      throw new StatusError(
        'BadRequest',
        `the spec replicas field ${JSON.stringify(paths.specReplicasPath)} cannot be empty`,
      );
    const metadata = { ...object.metadata };
    if (asked.metadata?.resourceVersion) metadata.resourceVersion = asked.metadata.resourceVersion;
    const scaled = withValueAt(object, namesOf(paths.specReplicasPath), replicas);
    return { ...scaled, metadata } as KubernetesObject;
  });
  return scaleOf(updated, paths);
}

function scaleOf(object: KubernetesObject, paths: ScalePaths): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const number = (path: string) => valueAt(object, namesOf(path)) ?? 0;
  const replicas = number(paths.specReplicasPath);
  const { labelSelectorPath } = paths;
  const selector = labelSelectorPath ? valueAt(object, namesOf(labelSelectorPath)) : undefined;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: number(paths.statusReplicasPath), ...(selector ? { selector } : {}) },
  } as KubernetesObject;
}
