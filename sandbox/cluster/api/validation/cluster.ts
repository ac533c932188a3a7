import type { KindValidation } from './validate.ts';

export const clusterValidators: Record<string, KindValidation> = {};
