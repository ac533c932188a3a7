import type { KindValidation } from './validate.ts';

export const workloadValidators: Record<string, KindValidation> = {};
