/** The checks of Pod Security level `baseline` (`k8s.io/pod-security-admission/policy` of 1.35). */
import type { Check } from './checks.ts';
import { containersOf, named, plural, quoted, setters, sorted, type CheckedPod } from './violation.ts';

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';

const ALLOWED_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Sysctls that are safe, by the minor version since which they are. */
const SAFE_SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};

const isProfile = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';

/** Whether the pod has users of its own, which are nobody on the node. */
export const hasUserNamespace = ({ spec }: CheckedPod): boolean => spec.hostUsers === false;

/** The values that pod and containers give a field of their security context and that are bad. */
export function badValues(
  pod: CheckedPod,
  valueOf: (securityContext: any) => string | undefined,
  isGood: (value: string) => boolean,
): string[] {
  return [pod.spec, ...containersOf(pod)]
    .map(({ securityContext }) => valueOf(securityContext ?? {}))
    .filter((value): value is string => value !== undefined && !isGood(value));
}

const procMount: Check['find'] = (pod) => {
  const bad = containersOf(pod).filter(
    ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default',
  );
  if (bad.length === 0) return undefined;
  const values = sorted(bad.map(({ securityContext }) => securityContext.procMount));
  return {
    reason: 'procMount',
    detail: `${named(bad)} must not set securityContext.procMount to ${quoted(values)}`,
  };
};

/** The same check for both levels: `restricted` makes no exception for user namespaces. */
export const findProcMount = procMount;

/** In the order in which they speak. */
export const BASELINE: readonly Check[] = [
  {
    id: 'appArmorProfile',
    since: 0,
    find(pod) {
      const typeOf = ({ appArmorProfile }: any) => appArmorProfile?.type;
      const values = sorted(badValues(pod, typeOf, isProfile));
      const who = setters(pod, (context) => typeOf(context) !== undefined && !isProfile(typeOf(context)));
      const annotations = Object.entries(pod.annotations)
        .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAppArmorAnnotation(value))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .sort();
      const bad = [
        ...(who ? [who] : []),
        ...(annotations.length > 0 ? [plural('annotation', annotations.length)] : []),
      ];
      if (bad.length === 0) return undefined;
      values.push(...annotations);
      return {
        reason: plural('forbidden AppArmor profile', values.length),
        detail: `${bad.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
      };
    },
  },
  {
    id: 'capabilities_baseline',
    since: 0,
    find(pod) {
      const forbidden = (container: any): string[] =>
        (container.securityContext?.capabilities?.add ?? []).filter(
          (name: string) => !ALLOWED_CAPABILITIES.has(name),
        );
      const bad = containersOf(pod).filter((container) => forbidden(container).length > 0);
      if (bad.length === 0) return undefined;
      return {
        reason: 'non-default capabilities',
        detail: `${named(bad)} must not include ${quoted(sorted(bad.flatMap(forbidden)))} in securityContext.capabilities.add`,
      };
    },
  },
  {
    id: 'hostNamespaces',
    since: 0,
    find({ spec }) {
      const bad = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]);
      if (bad.length === 0) return undefined;
      return { reason: 'host namespaces', detail: bad.map((field) => `${field}=true`).join(', ') };
    },
  },
  {
    id: 'hostPathVolumes',
    since: 0,
    find({ spec }) {
      const bad: any[] = (spec.volumes ?? []).filter(({ hostPath }: any) => hostPath);
      if (bad.length === 0) return undefined;
      return {
        reason: 'hostPath volumes',
        detail: `${plural('volume', bad.length)} ${quoted(bad.map(({ name }) => name))}`,
      };
    },
  },
  {
    id: 'hostPorts',
    since: 0,
    find(pod) {
      const portsOf = ({ ports = [] }: any): string[] =>
        ports.filter(({ hostPort }: any) => hostPort).map(({ hostPort }: any) => String(hostPort));
      const bad = containersOf(pod).filter((container) => portsOf(container).length > 0);
      if (bad.length === 0) return undefined;
      const ports = sorted(bad.flatMap(portsOf));
      return {
        reason: 'hostPort',
        detail: `${named(bad)} ${bad.length === 1 ? 'uses' : 'use'} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
      };
    },
  },
  {
    id: 'hostProbesAndHostLifecycle',
    since: 34,
    find(pod) {
      const hostsOf = (container: any): string[] => {
        const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
        return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
          .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
          .filter(Boolean);
      };
      const bad = containersOf(pod).filter((container) => hostsOf(container).length > 0);
      if (bad.length === 0) return undefined;
      const names = sorted(bad.map(({ name }) => name)).map((name) => ({ name }));
      const hosts = sorted(bad.flatMap(hostsOf));
      return {
        reason: 'probe or lifecycle host',
        detail: `${named(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('probe or lifecycle host', hosts.length)} ${quoted(hosts)}`,
      };
    },
  },
  {
    id: 'privileged',
    since: 0,
    find(pod) {
      const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.privileged);
      if (bad.length === 0) return undefined;
      return { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` };
    },
  },
  {
    id: 'procMount',
    since: 0,
    find: (pod, minor) => (minor >= 35 && hasUserNamespace(pod) ? undefined : procMount(pod, minor)),
  },
  {
    id: 'seLinuxOptions',
    since: 0,
    find(pod, minor) {
      const allowed = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
      if (minor >= 31) allowed.push('container_engine_t');
      const isType = (type: string) => allowed.includes(type);
      const typeOf = ({ seLinuxOptions }: any): string | undefined =>
        seLinuxOptions && (seLinuxOptions.type ?? '');
      const who = setters(pod, (context) => {
        const { user, role } = context.seLinuxOptions ?? {};
        return !isType(typeOf(context) ?? '') || Boolean(user) || Boolean(role);
      });
      if (!who) return undefined;
      const types = sorted(badValues(pod, typeOf, isType));
      const sets = (field: string) =>
        [pod.spec, ...containersOf(pod)].some(
          ({ securityContext }) => securityContext?.seLinuxOptions?.[field],
        );
      const what = [
        ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
        ...(sets('user') ? ['user may not be set'] : []),
        ...(sets('role') ? ['role may not be set'] : []),
      ];
      return {
        reason: 'seLinuxOptions',
        detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
      };
    },
  },
  {
    id: 'seccompProfile_baseline',
    since: 0,
    find: (pod, minor) => (minor < 19 ? seccompAnnotations(pod) : seccompProfile(pod)),
  },
  {
    id: 'sysctls',
    since: 0,
    find({ spec }, minor) {
      const bad: string[] = (spec.securityContext?.sysctls ?? [])
        .map(({ name }: any) => name)
        .filter((name: string) => !(SAFE_SYSCTLS[name]! <= minor));
      if (bad.length === 0) return undefined;
      return { reason: 'forbidden sysctls', detail: bad.join(', ') };
    },
  },
  {
    id: 'windowsHostProcess',
    since: 0,
    find(pod) {
      const who = setters(pod, ({ windowsOptions }) => Boolean(windowsOptions?.hostProcess));
      if (!who) return undefined;
      return {
        reason: 'hostProcess',
        detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
      };
    },
  },
];

const isAppArmorAnnotation = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/');

/** Profiles that are set must be ones that confine; `restricted` asks for one as well. */
export function seccompProfile(pod: CheckedPod) {
  const typeOf = ({ seccompProfile }: any) => seccompProfile?.type;
  const who = setters(pod, (context) => typeOf(context) !== undefined && !isProfile(typeOf(context)));
  if (!who) return undefined;
  const values = sorted(badValues(pod, typeOf, isProfile));
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
}

/** Before the field there were annotations. */
function seccompAnnotations(pod: CheckedPod) {
  const keys = [
    SECCOMP_ANNOTATION,
    ...containersOf(pod).map(({ name }) => SECCOMP_CONTAINER_ANNOTATION + name),
  ];
  const isGood = (value: string) =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const bad = sorted(
    keys
      .filter((key) => pod.annotations[key] !== undefined && !isGood(pod.annotations[key]))
      .map((key) => `${key}=${JSON.stringify(pod.annotations[key])}`),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', bad.length)} ${bad.join(', ')}`,
  };
}
