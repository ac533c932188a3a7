/** What may change through `pods/resize` (`ValidatePodResize`, 1.35): cpu and memory, within the pod's QoS class. */
import { qosClassOf } from '../qos-class.ts';
import { type FieldError, forbidden, invalid } from './field-errors.ts';
import { semanticEqual } from './metadata.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const MUTABLE = ['cpu', 'memory'];

export function validatePodResize(next: any, old: any, errors: FieldError[]): void {
  if (old.metadata.annotations?.[MIRROR] !== undefined) {
    errors.push(forbidden('', 'static pods cannot be resized'));
    return;
  }
  if (old.spec.os?.name === 'windows') {
    errors.push(forbidden('', 'windows pods cannot be resized'));
    return;
  }
  const names = (containers: any[] = []) => containers.map(({ name }) => name).join('/');
  for (const list of ['containers', 'initContainers'])
    if (names(next.spec[list]) !== names(old.spec[list])) {
      errors.push(forbidden(`spec.${list}`, 'containers may not be added or removed on resize'));
      return;
    }
  if (qosClassOf(next) !== old.status?.qosClass)
    errors.push(
      invalid('spec', old.status?.qosClass, 'Pod QOS Class may not change as a result of resizing'),
    );
  for (const list of ['containers', 'initContainers'])
    old.spec[list]?.forEach(({ resources }: any, index: number) =>
      nothingRemoved(next.spec[list][index].resources, resources, `spec.${list}[${index}].resources`, errors),
    );
  if (!semanticEqual(withoutMutable(next.spec.containers), withoutMutable(old.spec.containers)))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  const fixed = ({ initContainers = [] }: any) =>
    initContainers.filter(({ restartPolicy }: any) => restartPolicy !== 'Always');
  if (!semanticEqual(fixed(next.spec), fixed(old.spec)))
    errors.push(forbidden('spec', 'resources for non-sidecar init containers are immutable'));
}

function nothingRemoved(next: any = {}, old: any = {}, path: string, errors: FieldError[]): void {
  for (const field of ['requests', 'limits']) {
    const isGone = MUTABLE.some(
      (name) => old[field]?.[name] !== undefined && next[field]?.[name] === undefined,
    );
    if (isGone) errors.push(forbidden(`${path}.${field}`, `resource ${field} cannot be removed`));
  }
}

const withoutMutable = (containers: any[]): any[] =>
  containers.map((container) => {
    const { requests = {}, limits = {}, ...rest } = container.resources ?? {};
    const fixed = (amounts: Record<string, string>) =>
      Object.fromEntries(Object.entries(amounts).filter(([name]) => !MUTABLE.includes(name)));
    return { ...container, resources: { ...rest, requests: fixed(requests), limits: fixed(limits) } };
  });
