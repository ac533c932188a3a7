import type { KindValidation } from './validate.ts';

export const rbacValidators: Record<string, KindValidation> = {};
