/**
 * AppArmor profiles were annotations before they were fields: what a pod says in an annotation becomes the
 * field (`applyAppArmorVersionSkew` of `pkg/registry/core/pod/strategy.go`).
 */
import type { KubernetesObject } from '../../../api/object.ts';
import type { RequestContext } from '../strategy.ts';

const PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';

interface Profile {
  type: string;
  localhostProfile?: string;
}

export function syncAppArmor(draft: KubernetesObject, context: RequestContext): void {
  const { spec, metadata } = draft;
  // Most pods say nothing of it.
  if (!hasAnnotation(draft) || spec.os?.name === 'windows') return;
  const podProfile: Profile | undefined = spec.securityContext?.appArmorProfile;
  const synced = (containers: any[] | undefined) =>
    containers?.map((container) => {
      const key = PREFIX + container.name;
      const annotation = metadata.annotations?.[key];
      if (annotation === undefined || container.securityContext?.appArmorProfile) return container;
      const profile = profileOf(annotation);
      if (profile && podProfile && annotationOf(profile) === annotationOf(podProfile)) return container;
      context.warn(
        `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      );
      if (!profile) return container;
      return { ...container, securityContext: { ...container.securityContext, appArmorProfile: profile } };
    });
  const initContainers = synced(spec.initContainers);
  draft.spec = { ...spec, containers: synced(spec.containers), ...(initContainers && { initContainers }) };
}

function hasAnnotation({ metadata }: KubernetesObject): boolean {
  for (const key in metadata.annotations) if (key.startsWith(PREFIX)) return true;
  return false;
}

function annotationOf(profile: Profile): string | undefined {
  switch (profile.type) {
    case 'Unconfined':
      return 'unconfined';
    case 'RuntimeDefault':
      return 'runtime/default';
    case 'Localhost':
      return profile.localhostProfile && LOCALHOST + profile.localhostProfile;
  }
  return undefined;
}

function profileOf(annotation: string): Profile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.startsWith(LOCALHOST) ? annotation.slice(LOCALHOST.length).trim() : '';
  return localhostProfile ? { type: 'Localhost', localhostProfile } : undefined;
}
