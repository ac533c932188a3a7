/**
 * Pods and pod templates (`ValidatePodSpec`, `ValidatePodUpdate`, `ValidatePodStatusUpdate`). Left out: what
 * only Windows, dynamic resource allocation and pod-level resources need.
 */
import { type FieldError, duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { validateContainers, validateImagesOfPod, validateInitContainers } from './container.ts';
import { validateEphemeralContainers, validateEphemeralContainersUpdate } from './ephemeral-containers.ts';
import { podUpdateDiff } from './pod-diff.ts';
import { semanticEqual, validateAnnotations, validateLabels } from './metadata.ts';
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName, isValidIP } from './names.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validatePodSecurityContext, validateProcMounts } from './security-context.ts';
import { validatePodResize } from './pod-resize.ts';
import { validateVolumes } from './volumes.ts';
import type { KindValidation } from './validate.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

function validatePodSpec(spec: any, path: string, errors: FieldError[]): void {
  const volumes = validateVolumes(spec.volumes, `${path}.volumes`, errors);
  validateContainers(spec.containers, volumes, `${path}.containers`, errors);
  validateInitContainers(spec.initContainers, spec.containers, volumes, `${path}.initContainers`, errors);
  if (spec.ephemeralContainers && path === 'spec') validateEphemeralContainers(spec, volumes, errors);
  validateProcMounts(spec, path, errors);
  if (spec.hostNetwork) {
    validateHostNetworkPorts(spec.containers, `${path}.containers`, errors);
    validateHostNetworkPorts(spec.initContainers, `${path}.initContainers`, errors);
  }
  if (!spec.restartPolicy) errors.push(required(`${path}.restartPolicy`));
  else if (!RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES));
  if (!DNS_POLICIES.includes(spec.dnsPolicy))
    errors.push(notSupported(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES));
  validateLabels(spec.nodeSelector, `${path}.nodeSelector`, errors);
  validatePodSecurityContext(spec.securityContext, `${path}.securityContext`, errors);
  spec.imagePullSecrets?.forEach((secret: any, index: number) => {
    if (!secret.name) errors.push(required(`${path}.imagePullSecrets[${index}].name`));
  });
  validateAffinity(spec.affinity, `${path}.affinity`, errors);
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig)
    errors.push(required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  else if (spec.dnsPolicy === 'None' && !spec.dnsConfig.nameservers?.length)
    errors.push(
      required(
        `${path}.dnsConfig.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    );
  spec.readinessGates?.forEach((gate: any, index: number) => {
    for (const message of isQualifiedName(gate.conditionType ?? ''))
      errors.push(
        invalid(`${path}.readinessGates[${index}].conditionType`, gate.conditionType ?? '', message),
      );
  });
  validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors);
  checkName(spec.serviceAccountName, isDNS1123Subdomain, `${path}.serviceAccountName`, errors);
  checkName(spec.nodeName, isDNS1123Subdomain, `${path}.nodeName`, errors);
  if (spec.activeDeadlineSeconds !== undefined) {
    const seconds = spec.activeDeadlineSeconds;
    if (seconds < 1 || seconds > 2147483647)
      errors.push(
        invalid(`${path}.activeDeadlineSeconds`, seconds, 'must be between 1 and 2147483647, inclusive'),
      );
  }
  checkName(spec.hostname, isDNS1123Label, `${path}.hostname`, errors);
  checkName(spec.subdomain, isDNS1123Label, `${path}.subdomain`, errors);
  validateTolerations(spec.tolerations, `${path}.tolerations`, errors);
  spec.hostAliases?.forEach((alias: any, index: number) => {
    const at = `${path}.hostAliases[${index}]`;
    for (const message of isValidIP(alias.ip ?? ''))
      errors.push(invalid(`${at}.ip`, alias.ip ?? '', message));
    alias.hostnames?.forEach((hostname: string, host: number) =>
      checkName(hostname, isDNS1123Subdomain, `${at}.hostnames[${host}]`, errors),
    );
  });
  checkName(spec.priorityClassName, isDNS1123Subdomain, `${path}.priorityClassName`, errors);
  checkName(spec.runtimeClassName, isDNS1123Subdomain, `${path}.runtimeClassName`, errors);
  const gates = new Set<string>();
  spec.schedulingGates?.forEach((gate: any, index: number) => {
    for (const message of isQualifiedName(gate.name ?? ''))
      errors.push(invalid(`${path}.schedulingGates[${index}]`, gate.name ?? '', message));
    if (gates.has(gate.name)) errors.push(duplicate(`${path}.schedulingGates[${index}]`, gate.name));
    gates.add(gate.name);
  });
}

/** In the host's network a port is the same inside and outside. */
function validateHostNetworkPorts(containers: any[] | undefined, path: string, errors: FieldError[]): void {
  containers?.forEach((container, index) =>
    container.ports?.forEach(({ hostPort, containerPort }: any, port: number) => {
      if (hostPort !== containerPort)
        errors.push(
          invalid(
            `${path}[${index}].ports[${port}].hostPort`,
            hostPort ?? 0,
            'must match `containerPort` when `hostNetwork` is true',
          ),
        );
    }),
  );
}

function checkName(
  name: string | undefined,
  check: (name: string) => readonly string[],
  path: string,
  errors: FieldError[],
): void {
  if (name) for (const message of check(name)) errors.push(invalid(path, name, message));
}

/** A pod template; its labels are reported under `labels`, as the server does. */
export function validatePodTemplateSpec(template: any, path: string, errors: FieldError[]): void {
  validateLabels(template?.metadata?.labels, `${path}.labels`, errors);
  validateAnnotations(template?.metadata?.annotations, `${path}.annotations`, errors);
  validatePodSpec(template?.spec ?? {}, `${path}.spec`, errors);
  if (template?.spec?.ephemeralContainers?.length)
    errors.push(
      forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    );
}

function createPod(pod: any, errors: FieldError[]): void {
  validatePodSpec(pod.spec ?? {}, 'spec', errors);
  if (pod.spec?.ephemeralContainers?.length && !pod.metadata.resourceVersion)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  for (const list of ['containers', 'initContainers'])
    validateImagesOfPod(pod.spec?.[list], `spec.${list}`, errors);
}

const MUTABLE_FIELDS =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The few fields of a pod's spec that may change, and the whole sentence when another one did. */
function updatePod(next: any, old: any, errors: FieldError[]): void {
  if (next.spec === old.spec) return;
  const spec = next.spec;
  const before = old.spec;
  if (containersDiffer(spec.containers, before.containers, 'containers', errors)) return;
  if (containersDiffer(spec.initContainers, before.initContainers, 'initContainers', errors)) return;
  const deadline = spec.activeDeadlineSeconds;
  if (before.activeDeadlineSeconds !== undefined && deadline === undefined)
    errors.push(
      invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'),
    );
  else if (before.activeDeadlineSeconds !== undefined && deadline > before.activeDeadlineSeconds)
    errors.push(
      invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value'),
    );
  validateAddedTolerations(spec.tolerations ?? [], before.tolerations ?? [], errors);
  const grace =
    before.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1
      ? spec.terminationGracePeriodSeconds
      : before.terminationGracePeriodSeconds;
  const munged: any = {
    ...before,
    containers: withImagesOf(before.containers, spec.containers),
    activeDeadlineSeconds: deadline,
    tolerations: spec.tolerations,
    terminationGracePeriodSeconds: grace,
  };
  if (before.initContainers) munged.initContainers = withImagesOf(before.initContainers, spec.initContainers);
  // A pod that waits at a scheduling gate may lose gates and narrow its choice of nodes.
  if (before.schedulingGates?.length) {
    munged.schedulingGates = spec.schedulingGates;
    munged.nodeSelector = spec.nodeSelector;
    munged.affinity = spec.affinity;
  }
  if (!semanticEqual(spec, munged))
    errors.push(forbidden('spec', `${MUTABLE_FIELDS}\n${podUpdateDiff(munged, spec)}`));
}

function containersDiffer(
  next: any[] | undefined,
  old: any[] | undefined,
  field: string,
  errors: FieldError[],
): boolean {
  const names = (containers: any[] | undefined) => (containers ?? []).map((each) => each.name).join('/');
  if ((next ?? []).length === (old ?? []).length && names(next) === names(old)) return false;
  errors.push(forbidden(`spec.${field}`, 'pod updates may not add or remove containers'));
  return true;
}

const withImagesOf = (containers: any[], images: any[]) =>
  containers.map((each, index) => ({ ...each, image: images[index]?.image }));

function validateAddedTolerations(next: any[], old: any[], errors: FieldError[]): void {
  for (const toleration of old) {
    const kept = next.some((each) => {
      if (semanticEqual(each, toleration)) return true;
      // Only the time may change.
      return semanticEqual(
        { ...each, tolerationSeconds: undefined },
        { ...toleration, tolerationSeconds: undefined },
      );
    });
    if (!kept) {
      errors.push(
        forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
      );
      return;
    }
  }
}

/** The parts of a pod that a subresource may change, by its name. */
export const podSubresourceValidators: Record<string, (next: any, old: any, errors: FieldError[]) => void> = {
  ephemeralcontainers(next, old, errors) {
    validatePodSpec(next.spec, 'spec', errors);
    validateEphemeralContainersUpdate(next.spec.ephemeralContainers, old.spec.ephemeralContainers, errors);
  },
  resize(next, old, errors) {
    validatePodSpec(next.spec, 'spec', errors);
    validatePodResize(next, old, errors);
  },
};

/** Status updates by the kubelet come thousands at a time: only what can be wrong cheaply is looked at. */
function updatePodStatus(next: any, old: any, errors: FieldError[]): void {
  if (next.spec.nodeName !== old.spec.nodeName)
    errors.push(forbidden('spec.nodeName', 'may not be changed directly'));
  const node = next.status?.nominatedNodeName;
  if (node) checkName(node, isDNS1123Subdomain, 'status.nominatedNodeName', errors);
}

export const podValidators: Record<string, KindValidation> = {
  '/Pod': { create: createPod, update: updatePod, status: updatePodStatus },
  '/PodTemplate': {
    create: (object, errors) => validatePodTemplateSpec(object.template, 'template', errors),
  },
};
