import type { KindValidation } from './validate.ts';

export const storageValidators: Record<string, KindValidation> = {};
