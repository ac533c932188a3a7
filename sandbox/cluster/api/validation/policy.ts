import type { KindValidation } from './validate.ts';

export const policyValidators: Record<string, KindValidation> = {};
