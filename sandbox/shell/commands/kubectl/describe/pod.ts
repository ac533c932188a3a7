import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { describeContainers } from './containers.ts';
import { controlledBy, rfc1123, type Description } from './description.ts';
import { describeTolerations, describeTopologySpread } from './pod-template.ts';
import { describeVolumes } from './volumes.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export async function describePod(description: Description, pod: KubernetesObject): Promise<void> {
  const { spec, status = {}, metadata } = pod;
  description.head(pod);
  if (spec.priority !== undefined) description.field('Priority', spec.priority);
  if (spec.priorityClassName) description.field('Priority Class Name', spec.priorityClassName);
  if (spec.runtimeClassName) description.field('Runtime Class Name', spec.runtimeClassName);
  if (spec.serviceAccountName) description.field('Service Account', spec.serviceAccountName);
  description.field('Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime) description.field('Start Time', rfc1123(status.startTime));
  description.metadata(pod);
  if (metadata.deletionTimestamp && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    description.field('Status', `Terminating (lasts ${description.age(metadata.deletionTimestamp)})`);
    description.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds}s`);
  } else description.field('Status', status.phase ?? '');
  if (status.reason) description.field('Reason', status.reason);
  if (status.message) description.field('Message', status.message);
  const seccomp = spec.securityContext?.seccompProfile;
  if (seccomp) {
    description.field('SeccompProfile', seccomp.type);
    if (seccomp.type === 'Localhost') description.field('LocalhostProfile', seccomp.localhostProfile);
  }
  description.field('IP', status.podIP ?? '');
  const addresses: { ip: string }[] = status.podIPs ?? [];
  if (addresses.length === 0) description.field('IPs', '<none>');
  else {
    description.line(0, 'IPs:');
    for (const { ip } of addresses) description.field('IP', ip, 1);
  }
  const controller = controlledBy(pod);
  if (controller) description.field('Controlled By', controller);
  if (status.nominatedNodeName) description.field('NominatedNodeName', status.nominatedNodeName);
  const resolve = { pod };
  if (spec.initContainers?.length)
    describeContainers(
      description,
      'Init Containers',
      spec.initContainers,
      status.initContainerStatuses,
      resolve,
    );
  describeContainers(description, 'Containers', spec.containers, status.containerStatuses, resolve);
  if (spec.ephemeralContainers?.length)
    describeContainers(
      description,
      'Ephemeral Containers',
      spec.ephemeralContainers,
      status.ephemeralContainerStatuses,
      resolve,
    );
  const conditions: { type: string; status: string }[] = status.conditions ?? [];
  if (spec.readinessGates?.length) {
    description.line(0, 'Readiness Gates:\n  Type\tStatus');
    for (const { conditionType } of spec.readinessGates)
      description.line(
        1,
        `${conditionType} \t${conditions.find(({ type }) => type === conditionType)?.status ?? '<none>'} `,
      );
  }
  if (conditions.length > 0) {
    description.line(0, 'Conditions:\n  Type\tStatus');
    for (const condition of conditions) description.line(1, `${condition.type} \t${condition.status} `);
  }
  describeVolumes(description, spec.volumes, '');
  description.field('QoS Class', status.qosClass ?? 'BestEffort');
  description.labels('Node-Selectors', spec.nodeSelector);
  describeTolerations(description, spec.tolerations, '');
  describeTopologySpread(description, spec.topologySpreadConstraints, '');
  if (!description.showEvents) return;
  const mirror = metadata.annotations?.[MIRROR];
  description.printEvents(await description.events(pod, { kind: '', ...(mirror ? { uid: mirror } : {}) }));
}
