import type { KindValidation } from './validate.ts';

export const serviceValidators: Record<string, KindValidation> = {};
