import type { KindValidation } from './validate.ts';

export const batchValidators: Record<string, KindValidation> = {};
