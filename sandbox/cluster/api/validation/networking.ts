import type { KindValidation } from './validate.ts';

export const networkingValidators: Record<string, KindValidation> = {};
