/** Containers, init containers and what stands in them: ports, environment, probes, hooks. */
import { type FieldError, duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { validateNonnegative } from './metadata.ts';
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isEnvVarName,
  isHTTPHeaderName,
  isValidPortName,
  isValidPortNum,
} from './names.ts';
import { validateResourceRequirements } from './resources.ts';
import { validateContainerSecurityContext } from './security-context.ts';
import { validateVolumeMounts } from './volumes.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validateContainers(
  containers: any[] | undefined,
  volumes: ReadonlyMap<string, any>,
  path: string,
  errors: FieldError[],
): void {
  if (!containers?.length) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  containers.forEach((container, index) => {
    const at = `${path}[${index}]`;
    validateContainerCommon(container, volumes, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    validateHandlers(container, at, errors);
    if (container.livenessProbe && container.livenessProbe.successThreshold !== 1)
      errors.push(
        invalid(
          `${at}.livenessProbe.successThreshold`,
          container.livenessProbe.successThreshold,
          'must be 1',
        ),
      );
    if (container.startupProbe && container.startupProbe.successThreshold !== 1)
      errors.push(
        invalid(`${at}.startupProbe.successThreshold`, container.startupProbe.successThreshold, 'must be 1'),
      );
  });
  containers.forEach((container, index) => {
    validateHostPorts(container.ports, hostPorts, `${path}[${index}].ports`, errors);
  });
}

export function validateInitContainers(
  containers: any[] | undefined,
  regular: readonly any[] | undefined,
  volumes: ReadonlyMap<string, any>,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set<string>(regular?.map((each) => each.name));
  containers?.forEach((container, index) => {
    const at = `${path}[${index}]`;
    validateContainerCommon(container, volumes, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    if (container.restartPolicy !== undefined && !RESTART_POLICIES.includes(container.restartPolicy))
      errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, RESTART_POLICIES));
    // A sidecar is a container like any other; what runs to its end has no probes.
    if (container.restartPolicy === 'Always') {
      validateHandlers(container, at, errors);
      return;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
      if (container[field])
        errors.push(
          forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
        );
  });
}

/** What holds for a container of any kind. */
export function validateContainerCommon(
  container: any,
  volumes: ReadonlyMap<string, any>,
  path: string,
  errors: FieldError[],
): void {
  const { name, image } = container;
  if (!name) errors.push(required(`${path}.name`));
  else for (const message of isDNS1123Label(name)) errors.push(invalid(`${path}.name`, name, message));
  if (!image) errors.push(required(`${path}.image`));
  if (container.terminationMessagePolicy && !MESSAGE_POLICIES.includes(container.terminationMessagePolicy))
    errors.push(
      notSupported(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES),
    );
  validatePorts(container.ports, `${path}.ports`, errors);
  validateEnv(container.env, `${path}.env`, errors);
  validateEnvFrom(container.envFrom, `${path}.envFrom`, errors);
  validateVolumeMounts(container.volumeMounts, volumes, `${path}.volumeMounts`, errors);
  if (!container.imagePullPolicy) errors.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES));
  validateResourceRequirements(container.resources, `${path}.resources`, errors);
  validateContainerSecurityContext(container.securityContext, `${path}.securityContext`, errors);
}

/** What is asked of the images of pods, and not of those of pod templates. */
export function validateImagesOfPod(containers: any[] | undefined, path: string, errors: FieldError[]): void {
  containers?.forEach(({ image = '' }, index) => {
    if (image.trim() !== image)
      errors.push(invalid(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace'));
  });
}

function validatePorts(ports: any[] | undefined, path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  ports?.forEach((port, index) => {
    const at = `${path}[${index}]`;
    if (port.name) {
      const messages = isValidPortName(port.name);
      for (const message of messages) errors.push(invalid(`${at}.name`, port.name, message));
      if (messages.length === 0) {
        if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
        else names.add(port.name);
      }
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else
      for (const message of isValidPortNum(port.containerPort))
        errors.push(invalid(`${at}.containerPort`, port.containerPort, message));
    if (port.hostPort)
      for (const message of isValidPortNum(port.hostPort))
        errors.push(invalid(`${at}.hostPort`, port.hostPort, message));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
  });
}

function validateHostPorts(
  ports: any[] | undefined,
  taken: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  ports?.forEach((port, index) => {
    if (!port.hostPort) return;
    const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
    if (taken.has(key)) errors.push(duplicate(`${path}[${index}].hostPort`, key));
    else taken.add(key);
  });
}

function validateEnv(env: any[] | undefined, path: string, errors: FieldError[]): void {
  env?.forEach((variable, index) => {
    const at = `${path}[${index}]`;
    if (!variable.name) errors.push(required(`${at}.name`));
    else
      for (const message of isEnvVarName(variable.name))
        errors.push(invalid(`${at}.name`, variable.name, message));
    validateEnvSource(variable, `${at}.valueFrom`, errors);
  });
}

const ENV_SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Known as fields of a pod, yet not to be had in an environment variable. */
const OTHER_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
];
const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

function validateEnvSource(variable: any, path: string, errors: FieldError[]): void {
  const source = variable.valueFrom;
  if (!source) return;
  const named = ENV_SOURCES.filter((name) => source[name]);
  if (source.fieldRef) validateFieldRef(source.fieldRef, `${path}.fieldRef`, errors);
  if (source.resourceFieldRef) {
    const { resource } = source.resourceFieldRef;
    if (!resource) errors.push(required(`${path}.resourceFieldRef.resource`));
    else if (!RESOURCE_FIELDS.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
      errors.push(notSupported(`${path}.resourceFieldRef.resource`, resource, RESOURCE_FIELDS));
  }
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = source[name];
    if (!reference) continue;
    for (const message of isDNS1123Subdomain(reference.name ?? ''))
      errors.push(invalid(`${path}.${name}.name`, reference.name ?? '', message));
    if (!reference.key) errors.push(required(`${path}.${name}.key`));
    else
      for (const message of isConfigMapKey(reference.key))
        errors.push(invalid(`${path}.${name}.key`, reference.key, message));
  }
  if (named.length === 0)
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (variable.value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (named.length > 1)
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
}

function validateFieldRef(reference: any, path: string, errors: FieldError[]): void {
  const { fieldPath } = reference;
  if (!reference.apiVersion) errors.push(required(`${path}.apiVersion`));
  else if (!fieldPath) errors.push(required(`${path}.fieldPath`));
  else if (/^metadata\.(annotations|labels)\['.*'\]$/.test(fieldPath) || ENV_FIELDS.includes(fieldPath))
    return;
  else if (OTHER_FIELDS.includes(fieldPath))
    errors.push(notSupported(`${path}.fieldPath`, fieldPath, ENV_FIELDS));
  else
    errors.push(
      invalid(
        `${path}.fieldPath`,
        fieldPath,
        `error converting fieldPath: field label not supported: ${fieldPath}`,
      ),
    );
}

function validateEnvFrom(sources: any[] | undefined, path: string, errors: FieldError[]): void {
  sources?.forEach((source, index) => {
    const at = `${path}[${index}]`;
    if (source.prefix)
      for (const message of isEnvVarName(source.prefix))
        errors.push(invalid(`${at}.prefix`, source.prefix, message));
    let found = 0;
    for (const name of ['configMapRef', 'secretRef']) {
      const reference = source[name];
      if (!reference) continue;
      found++;
      if (!reference.name) errors.push(required(`${at}.${name}.name`));
      else
        for (const message of isDNS1123Subdomain(reference.name))
          errors.push(invalid(`${at}.${name}.name`, reference.name, message));
    }
    if (found === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (found > 1)
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  });
}

function validateHandlers(container: any, path: string, errors: FieldError[]): void {
  const { lifecycle } = container;
  if (lifecycle?.postStart)
    validateHandler(lifecycle.postStart, HOOKS, `${path}.lifecycle.postStart`, errors);
  if (lifecycle?.preStop) validateHandler(lifecycle.preStop, HOOKS, `${path}.lifecycle.preStop`, errors);
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (container[name]) validateProbe(container[name], `${path}.${name}`, errors);
}

function validateProbe(probe: any, path: string, errors: FieldError[]): void {
  validateHandler(probe, PROBES, path, errors);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    validateNonnegative(probe[field], `${path}.${field}`, errors);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
}

const PROBES = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const HOOKS = ['exec', 'httpGet', 'tcpSocket', 'sleep'];

function validateHandler(handler: any, kinds: readonly string[], path: string, errors: FieldError[]): void {
  let found = 0;
  for (const kind of kinds) {
    const action = handler[kind];
    if (!action) continue;
    const at = `${path}.${kind}`;
    if (found++ > 0) {
      errors.push(forbidden(at, 'may not specify more than 1 handler type'));
      continue;
    }
    if (kind === 'exec') {
      if (!action.command?.length) errors.push(required(`${at}.command`));
    } else if (kind === 'httpGet') validateHTTPGet(action, at, errors);
    else if (kind === 'tcpSocket') validatePortNumOrName(action.port, `${at}.port`, errors);
    else if (kind === 'grpc') {
      for (const message of isValidPortNum(action.port ?? 0))
        errors.push(invalid(`${at}.port`, action.port ?? 0, message));
    }
  }
  if (found === 0) errors.push(required(path, 'must specify a handler type'));
}

function validateHTTPGet(action: any, path: string, errors: FieldError[]): void {
  if (!action.path) errors.push(required(`${path}.path`));
  validatePortNumOrName(action.port, `${path}.port`, errors);
  if (!['HTTP', 'HTTPS'].includes(action.scheme))
    errors.push(notSupported(`${path}.scheme`, action.scheme, ['HTTP', 'HTTPS']));
  for (const header of action.httpHeaders ?? [])
    for (const message of isHTTPHeaderName(header.name))
      errors.push(invalid(`${path}.httpHeaders`, header.name, message));
}

export function validatePortNumOrName(
  port: number | string | undefined,
  path: string,
  errors: FieldError[],
): void {
  const messages = typeof port === 'string' ? isValidPortName(port) : isValidPortNum(port ?? 0);
  for (const message of messages) errors.push(invalid(path, port ?? 0, message));
}
