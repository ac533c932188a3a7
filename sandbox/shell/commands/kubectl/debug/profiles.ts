/**
 * `--profile` of `kubectl debug` (`kubectl/pkg/cmd/debug/profiles.go`): which rights the debug container gets
 * and what a copy of the pod keeps.
 */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Arguments } from '../flags.ts';
import { allContainers } from '../pod-of.ts';

export const PROFILES = ['legacy', 'general', 'baseline', 'netadmin', 'restricted', 'sysadmin'] as const;

/** In a running pod, in a copy of one, or in a pod on a node. */
export type DebugStyle = 'ephemeral' | 'copy' | 'node';

interface DebugContainer {
  name: string;
  securityContext?: Record<string, any>;
  volumeMounts?: { name: string; mountPath: string }[];
}

/** Changes the pod in place. */
export function applyProfile(flags: Arguments, pod: KubernetesObject, name: string, style: DebugStyle): void {
  const profile = flags.string('profile');
  const container = allContainers(pod).find((each) => each.name === name) as DebugContainer;
  const add = (...capabilities: string[]) => {
    const context = (container.securityContext ??= {});
    context['capabilities'] ??= {};
    context['capabilities'].add = [...(context['capabilities'].add ?? []), ...capabilities];
  };
  const { spec } = pod;
  if (profile === 'legacy') {
    if (style === 'copy') delete pod.metadata.labels;
    if (style === 'node') useNode(pod, container);
    return;
  }
  if (profile === 'baseline' || profile === 'restricted' || (profile === 'general' && style === 'node'))
    delete container.securityContext;
  if (profile === 'restricted')
    container.securityContext = {
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      allowPrivilegeEscalation: false,
      seccompProfile: { type: 'RuntimeDefault' },
    };
  if (profile === 'netadmin') add('NET_ADMIN', 'NET_RAW');
  if (profile === 'sysadmin') (container.securityContext ??= {})['privileged'] = true;
  if (profile === 'general' && style !== 'node') add('SYS_PTRACE');
  if (style === 'copy') {
    strip(flags, pod);
    spec.shareProcessNamespace ??= true;
  }
  if (style !== 'node') return;
  if (profile === 'general' || profile === 'sysadmin') useNode(pod, container);
  else if (profile === 'netadmin') useHostNamespaces(pod);
}

function useNode(pod: KubernetesObject, container: DebugContainer): void {
  (pod.spec.volumes ??= []).push({ name: 'host-root', hostPath: { path: '/' } });
  (container.volumeMounts ??= []).push({ name: 'host-root', mountPath: '/host' });
  useHostNamespaces(pod);
}

function useHostNamespaces({ spec }: KubernetesObject): void {
  spec.hostNetwork = true;
  spec.hostPID = true;
  spec.hostIPC = true;
}

/** What the copy shall not keep. */
function strip(flags: Arguments, pod: KubernetesObject): void {
  if (!flags.bool('keep-labels')) delete pod.metadata.labels;
  if (!flags.bool('keep-annotations')) delete pod.metadata.annotations;
  for (const container of pod.spec.containers)
    for (const probe of ['liveness', 'readiness', 'startup'])
      if (!flags.bool(`keep-${probe}`)) delete container[`${probe}Probe`];
  if (!flags.bool('keep-init-containers')) delete pod.spec.initContainers;
}
