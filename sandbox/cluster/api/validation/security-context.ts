/** Security contexts of pods and containers. */
import { type FieldError, invalid, notSupported } from './field-errors.ts';

const RANGE = 'must be between 0 and 2147483647, inclusive';
const SECCOMP_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function validateId(id: number | undefined, path: string, errors: FieldError[]): void {
  if (id !== undefined && (id < 0 || id > 2147483647)) errors.push(invalid(path, id, RANGE));
}

function validateSeccomp(profile: any, path: string, errors: FieldError[]): void {
  if (profile && !SECCOMP_TYPES.includes(profile.type))
    errors.push(notSupported(`${path}.type`, profile.type, SECCOMP_TYPES));
}

export function validateContainerSecurityContext(context: any, path: string, errors: FieldError[]): void {
  if (!context) return;
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  if (context.procMount !== undefined && context.procMount !== 'Default' && context.procMount !== 'Unmasked')
    errors.push(notSupported(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']));
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged)
    errors.push(
      invalid(
        path,
        internal(context),
        'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ),
    );
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
    errors.push(
      invalid(
        path,
        internal(context),
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      ),
    );
}

/** The server prints its internal type, whose fields are those of Go. */
function internal(context: any): Record<string, unknown> {
  const names = [
    'capabilities',
    'privileged',
    'seLinuxOptions',
    'windowsOptions',
    'runAsUser',
    'runAsGroup',
    'runAsNonRoot',
    'readOnlyRootFilesystem',
    'allowPrivilegeEscalation',
    'procMount',
    'seccompProfile',
    'appArmorProfile',
  ];
  const goName = (name: string) =>
    name === 'seLinuxOptions' ? 'SELinuxOptions' : name[0]!.toUpperCase() + name.slice(1);
  return Object.fromEntries(names.map((name) => [goName(name), context[name] ?? null]));
}

export function validatePodSecurityContext(context: any, path: string, errors: FieldError[]): void {
  if (!context) return;
  validateId(context.fsGroup, `${path}.fsGroup`, errors);
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  context.supplementalGroups?.forEach((group: number, index: number) =>
    validateId(group, `${path}.supplementalGroups[${index}]`, errors),
  );
  context.sysctls?.forEach((sysctl: any, index: number) => {
    if (sysctl.name.length > 253 || !SYSCTL.test(sysctl.name))
      errors.push(
        invalid(
          `${path}.sysctls[${index}].name`,
          sysctl.name,
          'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
        ),
      );
  });
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
}

/** What the kernel hides may only be shown to users that are nobody on the node. */
export function validateProcMounts(spec: any, path: string, errors: FieldError[]): void {
  if (spec.hostUsers === false) return;
  for (const list of ['initContainers', 'containers'])
    spec[list]?.forEach(({ securityContext }: any, index: number) => {
      if (securityContext?.procMount === 'Unmasked')
        errors.push(
          invalid(
            `${path}.${list}[${index}].securityContext.procMount`,
            'Unmasked',
            '`hostUsers` must be false to use `Unmasked`',
          ),
        );
    });
}
