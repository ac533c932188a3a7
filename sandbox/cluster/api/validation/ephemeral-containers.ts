/** Containers that are added to a running pod (`validateEphemeralContainers`, `ValidatePodEphemeralContainersUpdate`). */
import { type FieldError, duplicate, forbidden, notFound } from './field-errors.ts';
import { validateContainerCommon } from './container.ts';
import { semanticEqual } from './metadata.ts';
import { ephemeralContainerDiff } from './pod-diff.ts';

const PATH = 'spec.ephemeralContainers';
const NOT_ALLOWED = 'cannot be set for an Ephemeral Container';
/** What a pod's own containers have and these do not, in the order of the type's fields. */
const FIELDS_NOT_ALLOWED = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
];

export function validateEphemeralContainers(
  spec: any,
  volumes: ReadonlyMap<string, any>,
  errors: FieldError[],
): void {
  const others = new Set<string>(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name),
  );
  const names = new Set(others);
  spec.ephemeralContainers?.forEach((container: any, index: number) => {
    const path = `${PATH}[${index}]`;
    const { name, targetContainerName } = container;
    validateContainerCommon(container, volumes, path, errors);
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (targetContainerName && !others.has(targetContainerName))
      errors.push(notFound(`${path}.targetContainerName`, targetContainerName));
    for (const field of FIELDS_NOT_ALLOWED)
      if (isSet(container[field])) errors.push(forbidden(`${path}.${field}`, NOT_ALLOWED));
    container.volumeMounts?.forEach((mount: any, at: number) => {
      for (const field of ['subPath', 'subPathExpr'])
        if (mount[field]) errors.push(forbidden(`${path}.volumeMounts[${at}].${field}`, NOT_ALLOWED));
    });
  });
}

const isSet = (value: any): boolean =>
  value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0);

/** They come and stay: nothing about those that a pod has may change. */
export function validateEphemeralContainersUpdate(
  next: readonly any[] = [],
  old: readonly any[] = [],
  errors: FieldError[],
): void {
  for (const before of old) {
    const after = next.find(({ name }) => name === before.name);
    const which = `existing ephemeral containers ${JSON.stringify(before.name)}`;
    if (!after) errors.push(forbidden(PATH, `${which} may not be removed\n`));
    else if (!semanticEqual(after, before))
      errors.push(forbidden(PATH, `${which} may not be changed\n${ephemeralContainerDiff(before, after)}`));
  }
}
