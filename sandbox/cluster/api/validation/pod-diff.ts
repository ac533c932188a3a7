/**
 * The unified diff behind `pod updates may not change fields other than …`: the server compares its
 * internal types, so the text has Go's field names, every field in Go's order, and null for what is unset.
 * Types that rarely differ between two versions of a pod are shown with the fields they have.
 */
type Json = Record<string, any>;

/** How one field of an internal type shows: its JSON name in v1 and what stands there when it is unset. */
interface Shape {
  [goName: string]: { from: string; unset: unknown; shape?: Shape; each?: Shape };
}

/** `Name`, `Name=unset` per field; the v1 name is derived unless given after a colon. */
function shapeOf(text: string, nested: Record<string, { shape?: Shape; each?: Shape }> = {}): Shape {
  const shape: Shape = {};
  for (const word of text.trim().split(/\s+/)) {
    const [head = '', unset = 'null'] = word.split('=');
    const [goName = '', from = v1Name(goName)] = head.split(':');
    shape[goName] = { from, unset: JSON.parse(unset), ...nested[goName] };
  }
  return shape;
}

const v1Name = (goName: string) =>
  goName.replace(/^(TTY|DNS|HTTP|TCP|GRPC|OS|FS|SE|ID|[A-Z])/, (head) => head.toLowerCase());

const RESOURCES = shapeOf('Limits Requests Claims');
const PROBE = shapeOf(
  `Exec HTTPGet TCPSocket GRPC InitialDelaySeconds=0 TimeoutSeconds=0 PeriodSeconds=0 SuccessThreshold=0
   FailureThreshold=0 TerminationGracePeriodSeconds`,
  {
    HTTPGet: { shape: shapeOf('Path="" Port=0 Host="" Scheme="" HTTPHeaders:httpHeaders') },
    TCPSocket: { shape: shapeOf('Port=0 Host=""') },
    Exec: { shape: shapeOf('Command') },
  },
);
const CONTAINER = shapeOf(
  `Name="" Image="" Command Args WorkingDir="" Ports EnvFrom Env Resources={} ResizePolicy RestartPolicy
   RestartPolicyRules VolumeMounts VolumeDevices LivenessProbe ReadinessProbe StartupProbe Lifecycle
   TerminationMessagePath="" TerminationMessagePolicy="" ImagePullPolicy="" SecurityContext Stdin=false
   StdinOnce=false TTY=false`,
  {
    Ports: { each: shapeOf('Name="" HostPort=0 ContainerPort=0 Protocol="" HostIP:hostIP=""') },
    Env: { each: shapeOf('Name="" Value="" ValueFrom') },
    EnvFrom: { each: shapeOf('Prefix="" ConfigMapRef SecretRef') },
    Resources: { shape: RESOURCES },
    VolumeMounts: {
      each: shapeOf(
        'Name="" ReadOnly=false RecursiveReadOnly MountPath="" SubPath="" MountPropagation SubPathExpr=""',
      ),
    },
    LivenessProbe: { shape: PROBE },
    ReadinessProbe: { shape: PROBE },
    StartupProbe: { shape: PROBE },
    SecurityContext: {
      shape: shapeOf(
        `Capabilities Privileged SELinuxOptions:seLinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot
         ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile AppArmorProfile`,
      ),
    },
  },
);
const EPHEMERAL_CONTAINER: Shape = { ...CONTAINER, ...shapeOf('TargetContainerName=""') };
const VOLUME = shapeOf(
  `Name="" HostPath EmptyDir GCEPersistentDisk:gcePersistentDisk AWSElasticBlockStore:awsElasticBlockStore GitRepo
   Secret NFS:nfs ISCSI:iscsi Glusterfs PersistentVolumeClaim RBD:rbd Quobyte FlexVolume Cinder CephFS:cephfs
   Flocker DownwardAPI FC:fc AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected
   PortworxVolume ScaleIO:scaleIO StorageOS:storageos CSI:csi Ephemeral Image`,
  {
    Projected: {
      shape: shapeOf('Sources DefaultMode', {
        Sources: {
          each: shapeOf(
            'Secret DownwardAPI ConfigMap ServiceAccountToken ClusterTrustBundle PodCertificate',
            {
              ServiceAccountToken: { shape: shapeOf('Audience="" ExpirationSeconds=0 Path=""') },
              ConfigMap: { shape: shapeOf('Name="" Items Optional') },
              Secret: { shape: shapeOf('Name="" Items Optional') },
              DownwardAPI: {
                shape: shapeOf('Items', {
                  Items: {
                    each: shapeOf('Path="" FieldRef ResourceFieldRef Mode', {
                      FieldRef: { shape: shapeOf('APIVersion:apiVersion="" FieldPath=""') },
                    }),
                  },
                }),
              },
            },
          ),
        },
      }),
    },
    ConfigMap: { shape: shapeOf('Name="" Items DefaultMode Optional') },
    Secret: { shape: shapeOf('SecretName="" Items DefaultMode Optional') },
    EmptyDir: { shape: shapeOf('Medium="" SizeLimit') },
    HostPath: { shape: shapeOf('Path="" Type') },
  },
);
const KEY_TO_PATH = shapeOf('Key="" Path="" Mode');
for (const source of [VOLUME.ConfigMap, VOLUME.Secret]) source!.shape!.Items!.each = KEY_TO_PATH;
const PROJECTED = VOLUME.Projected!.shape!.Sources!.each!;
for (const source of [PROJECTED.ConfigMap, PROJECTED.Secret]) source!.shape!.Items!.each = KEY_TO_PATH;

const POD_SPEC = shapeOf(
  `Volumes InitContainers Containers EphemeralContainers RestartPolicy="" TerminationGracePeriodSeconds
   ActiveDeadlineSeconds DNSPolicy="" NodeSelector ServiceAccountName="" AutomountServiceAccountToken NodeName=""
   SecurityContext={} ImagePullSecrets Hostname="" Subdomain="" SetHostnameAsFQDN Affinity SchedulerName=""
   Tolerations HostAliases PriorityClassName="" Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName
   Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources
   HostnameOverride WorkloadRef`,
  {
    Volumes: { each: VOLUME },
    InitContainers: { each: CONTAINER },
    Containers: { each: CONTAINER },
    EphemeralContainers: { each: EPHEMERAL_CONTAINER },
    Tolerations: { each: shapeOf('Key="" Operator="" Value="" Effect="" TolerationSeconds') },
    SecurityContext: {
      shape: shapeOf(
        `HostNetwork=false HostPID:hostPID=false HostIPC:hostIPC=false ShareProcessNamespace HostUsers
         SELinuxOptions:seLinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups
         SupplementalGroupsPolicy FSGroup:fsGroup FSGroupChangePolicy:fsGroupChangePolicy Sysctls SeccompProfile
         AppArmorProfile SELinuxChangePolicy:seLinuxChangePolicy`,
      ),
    },
  },
);

function internal(value: any, shape: Shape | undefined): any {
  if (!shape) return goNames(value);
  const out: Json = {};
  for (const [goName, { from, unset, shape: inner, each }] of Object.entries(shape)) {
    const given = value?.[from] ?? unset;
    if (Array.isArray(given))
      out[goName] = each ? given.map((item) => internal(item, each)) : given.map(goNames);
    else if (inner && given !== null) out[goName] = internal(given, inner);
    else out[goName] = MAPS.has(goName) ? given : goNames(given);
  }
  return out;
}

/** Maps keep their keys, sorted. */
const MAPS = new Set(['NodeSelector', 'Limits', 'Requests', 'Overhead']);

function goNames(value: any): any {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name[0]!.toUpperCase() + name.slice(1), goNames(each)]),
  );
}

/** The internal PodSpec of a v1 one. Host namespaces live in the security context there. */
function internalSpec(spec: Json): Json {
  const { hostNetwork, hostPID, hostIPC, hostUsers, shareProcessNamespace } = spec;
  const host = { hostNetwork, hostPID, hostIPC, hostUsers, shareProcessNamespace };
  const sorted = (map: Json | undefined) =>
    map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  return internal(
    {
      ...spec,
      nodeSelector: sorted(spec.nodeSelector),
      securityContext: { ...spec.securityContext, ...host },
    },
    POD_SPEC,
  );
}

export function podUpdateDiff(expected: Json, actual: Json): string {
  return unifiedDiff(lines(internalSpec(expected)), lines(internalSpec(actual)));
}

export function ephemeralContainerDiff(expected: Json, actual: Json): string {
  const shown = (container: Json) => lines(internal(container, EPHEMERAL_CONTAINER));
  return unifiedDiff(shown(expected), shown(actual));
}

/** A pod template as an error shows its value. */
export function internalTemplate({ metadata = {}, spec = {} }: Json): Json {
  const { labels, annotations } = metadata;
  return {
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    Spec: internalSpec(spec),
  };
}

const lines = (value: unknown) => JSON.stringify(value, null, 1).split('\n');
const CONTEXT_LINES = 3;

/** Hunks of a unified diff, each line ended, without file names. */
export function unifiedDiff(from: readonly string[], to: readonly string[]): string {
  const edits = shortestEdit(from, to);
  let text = '';
  for (let at = 0; at < edits.length;) {
    const first = edits.findIndex((edit, index) => index >= at && edit.sign !== ' ');
    if (first < 0) break;
    let last = first;
    for (let index = first; index < edits.length && index - last <= CONTEXT_LINES * 2; index++)
      if (edits[index]!.sign !== ' ') last = index;
    const hunk = edits.slice(Math.max(at, first - CONTEXT_LINES), last + CONTEXT_LINES + 1);
    const size = (sign: string) => hunk.filter((edit) => edit.sign !== sign).length;
    const start = hunk[0]!;
    text += `@@ -${start.from + 1},${size('+')} +${start.to + 1},${size('-')} @@\n`;
    for (const { sign, line } of hunk) text += `${sign}${line}\n`;
    at = last + CONTEXT_LINES + 1;
  }
  return text;
}

interface Edit {
  sign: ' ' | '-' | '+';
  line: string;
  /** Lines of either side before this one. */
  from: number;
  to: number;
}

/** Longest common subsequence over what is left between a common head and tail. */
function shortestEdit(from: readonly string[], to: readonly string[]): Edit[] {
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < from.length - head && tail < to.length - head && from.at(-1 - tail) === to.at(-1 - tail))
    tail++;
  const a = from.slice(head, from.length - tail);
  const b = to.slice(head, to.length - tail);
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i]![j] =
        a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  const push = (sign: Edit['sign'], line: string) => edits.push({ sign, line, from: i, to: j });
  while (i < from.length || j < to.length) {
    const middle = i - head < a.length || j - head < b.length;
    if (i < head || !middle || (i - head < a.length && j - head < b.length && from[i] === to[j])) {
      push(' ', from[i]!);
      i++;
      j++;
    } else if (
      i - head < a.length &&
      (j - head >= b.length || longest[i - head + 1]![j - head]! >= longest[i - head]![j - head + 1]!)
    ) {
      push('-', from[i]!);
      i++;
    } else {
      push('+', to[j]!);
      j++;
    }
  }
  return edits;
}
