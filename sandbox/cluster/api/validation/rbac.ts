/** Roles and bindings of RBAC. */
import { type FieldError, invalid, notSupported, required } from './field-errors.ts';
import { semanticEqual } from './metadata.ts';
import { isDNS1123Subdomain, isPathSegmentName } from './names.ts';
import type { KindValidation } from './validate.ts';

const GROUP = 'rbac.authorization.k8s.io';

function validateRules(rules: any[] | null | undefined, namespaced: boolean, errors: FieldError[]): void {
  rules?.forEach((rule, index) => {
    const at = `rules[${index}]`;
    if (!rule.verbs?.length) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (rule.nonResourceURLs?.length) {
      if (namespaced)
        errors.push(
          invalid(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length)
        errors.push(
          invalid(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        );
      return;
    }
    if (!rule.apiGroups?.length)
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!rule.resources?.length)
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  });
}

const createRole = (namespaced: boolean) => (object: any, errors: FieldError[]) =>
  validateRules(object.rules, namespaced, errors);

const createBinding = (namespaced: boolean) => (object: any, errors: FieldError[]) => {
  const reference = object.roleRef ?? {};
  if (reference.apiGroup !== GROUP)
    errors.push(notSupported('roleRef.apiGroup', reference.apiGroup ?? '', [GROUP]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(reference.kind)) errors.push(notSupported('roleRef.kind', reference.kind ?? '', kinds));
  if (!reference.name) errors.push(required('roleRef.name'));
  else
    for (const message of isPathSegmentName(reference.name))
      errors.push(invalid('roleRef.name', reference.name, message));
  object.subjects?.forEach((subject: any, index: number) =>
    validateSubject(subject, namespaced, `subjects[${index}]`, errors),
  );
};

function validateSubject(subject: any, namespaced: boolean, path: string, errors: FieldError[]): void {
  const { kind, name, apiGroup } = subject;
  if (!name) errors.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name)
        for (const message of isDNS1123Subdomain(name)) errors.push(invalid(`${path}.name`, name, message));
      if (apiGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && !subject.namespace) errors.push(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup ?? '', [GROUP]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
}

function updateBinding(next: any, old: any, errors: FieldError[]): void {
  if (semanticEqual(next.roleRef, old.roleRef)) return;
  const { apiGroup = '', kind = '', name = '' } = next.roleRef ?? {};
  errors.push(invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef'));
}

export const rbacValidators: Record<string, KindValidation> = {
  [`${GROUP}/Role`]: { name: isPathSegmentName, create: createRole(true) },
  [`${GROUP}/ClusterRole`]: { name: isPathSegmentName, create: createRole(false) },
  [`${GROUP}/RoleBinding`]: { name: isPathSegmentName, create: createBinding(true), update: updateBinding },
  [`${GROUP}/ClusterRoleBinding`]: {
    name: isPathSegmentName,
    create: createBinding(false),
    update: updateBinding,
  },
};
