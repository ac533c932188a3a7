import type { KindValidation } from './validate.ts';

export const podValidators: Record<string, KindValidation> = {};
