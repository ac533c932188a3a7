/** Roles and bindings of RBAC (`pkg/registry/rbac`): who writes them needs the rights that are in them. */
import { checkBinding, checkRole } from '../../authorization/escalation.ts';
import type { Strategy } from '../strategy.ts';

export const roles: Strategy = {
  createOnUpdate: true,
  prepareForCreate: checkRole,
  prepareForUpdate: (draft, _old, context) => checkRole(draft, context),
};

export const bindings: Strategy = {
  createOnUpdate: true,
  prepareForCreate: checkBinding,
  prepareForUpdate: (draft, _old, context) => checkBinding(draft, context),
};
