/** What a Pod Security check says of a pod that it does not allow, and the words all checks share. */
import type { KubernetesObject } from '../../../api/object.ts';

/** `reason (detail)`. */
export interface Violation {
  reason: string;
  detail: string;
}

/** The parts of a pod, or of a template, that checks look at. */
export interface CheckedPod {
  annotations: Readonly<Record<string, string>>;
  spec: any;
}

export const checkedPod = ({ metadata, spec }: Pick<KubernetesObject, 'metadata' | 'spec'>): CheckedPod => ({
  annotations: metadata?.annotations ?? {},
  spec,
});

/** In the order in which checks name them. */
export const containersOf = ({ spec }: CheckedPod): any[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

/** `"a", "b"`. */
export const quoted = (items: Iterable<string>): string => [...items].map((item) => `"${item}"`).join(', ');

export const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);

/** `container "a"`, `containers "a", "b"`. */
export const named = (containers: readonly { name: string }[]): string =>
  `${plural('container', containers.length)} ${quoted(containers.map(({ name }) => name))}`;

/** Each once, sorted. */
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/**
 * Who sets a security context's field to a bad value: `pod and container "a"`. Undefined: nobody does.
 */
export function setters(pod: CheckedPod, isBad: (securityContext: any) => boolean): string | undefined {
  const bad: string[] = [];
  if (isBad(pod.spec.securityContext ?? {})) bad.push('pod');
  const containers = containersOf(pod).filter(({ securityContext }) => isBad(securityContext ?? {}));
  if (containers.length > 0) bad.push(named(containers));
  return bad.length > 0 ? bad.join(' and ') : undefined;
}
