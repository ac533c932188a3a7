/** The checks that Pod Security level `restricted` adds (`k8s.io/pod-security-admission/policy` of 1.35). */
import { findProcMount, hasUserNamespace, seccompProfile } from './baseline.ts';
import type { Check } from './checks.ts';
import { containersOf, named, plural, quoted, setters, sorted, type CheckedPod } from './violation.ts';

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** Pods of Windows have no such field to set; since 1.25 they are let through. */
const isWindows = ({ spec }: CheckedPod, minor: number): boolean =>
  minor >= 25 && spec.os?.name === 'windows';

/** In the order in which they speak. */
export const RESTRICTED: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: 8,
    find(pod, minor) {
      if (isWindows(pod, minor)) return undefined;
      const bad = containersOf(pod).filter(
        ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
      );
      if (bad.length === 0) return undefined;
      return {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      };
    },
  },
  {
    id: 'capabilities_restricted',
    since: 22,
    overrides: 'capabilities_baseline',
    find(pod, minor) {
      if (isWindows(pod, minor)) return undefined;
      const capabilities = ({ securityContext }: any) => securityContext?.capabilities ?? {};
      const forbidden = (container: any): string[] =>
        (capabilities(container).add ?? []).filter((name: string) => name !== 'NET_BIND_SERVICE');
      const keeping = containersOf(pod).filter((container) => !capabilities(container).drop?.includes('ALL'));
      const adding = containersOf(pod).filter((container) => forbidden(container).length > 0);
      const details: string[] = [];
      if (keeping.length > 0)
        details.push(`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
      if (adding.length > 0)
        details.push(
          `${named(adding)} must not include ${quoted(sorted(adding.flatMap(forbidden)))} in securityContext.capabilities.add`,
        );
      if (details.length === 0) return undefined;
      return { reason: 'unrestricted capabilities', detail: details.join('; ') };
    },
  },
  { id: 'procMount_restricted', since: 35, overrides: 'procMount', find: findProcMount },
  {
    id: 'restrictedVolumes',
    since: 0,
    overrides: 'hostPathVolumes',
    find({ spec }) {
      const bad: any[] = (spec.volumes ?? []).filter(
        (volume: any) => !ALLOWED_VOLUMES.some((type) => volume[type]),
      );
      if (bad.length === 0) return undefined;
      const types = sorted(
        bad.map((volume) => Object.keys(volume).find((field) => field !== 'name') ?? 'unknown'),
      );
      return {
        reason: 'restricted volume types',
        detail: `${plural('volume', bad.length)} ${quoted(bad.map(({ name }) => name))} ${bad.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
      };
    },
  },
  {
    id: 'runAsNonRoot',
    since: 0,
    find(pod, minor) {
      if (minor >= 35 && hasUserNamespace(pod)) return undefined;
      const reason = 'runAsNonRoot != true';
      const who = setters(pod, ({ runAsNonRoot }) => runAsNonRoot === false);
      if (who) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
      if (pod.spec.securityContext?.runAsNonRoot) return undefined;
      const silent = containersOf(pod).filter(
        ({ securityContext }) => securityContext?.runAsNonRoot === undefined,
      );
      if (silent.length === 0) return undefined;
      return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
    },
  },
  {
    id: 'runAsUser',
    since: 23,
    find(pod, minor) {
      if (minor >= 35 && hasUserNamespace(pod)) return undefined;
      const who = setters(pod, ({ runAsUser }) => runAsUser === 0);
      return who ? { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` } : undefined;
    },
  },
  {
    id: 'seccompProfile_restricted',
    since: 19,
    overrides: 'seccompProfile_baseline',
    find(pod, minor) {
      if (isWindows(pod, minor)) return undefined;
      const bad = seccompProfile(pod);
      if (bad || pod.spec.securityContext?.seccompProfile) return bad;
      const silent = containersOf(pod).filter(({ securityContext }) => !securityContext?.seccompProfile);
      if (silent.length === 0) return undefined;
      return {
        reason: 'seccompProfile',
        detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      };
    },
  },
];
