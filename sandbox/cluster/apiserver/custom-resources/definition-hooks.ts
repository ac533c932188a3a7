/** Definitions themselves: validated when they are written. */
import type { KubernetesObject } from '../../api/object.ts';
import type { KindHooks } from '../../api/schema.ts';
import type { FieldError } from '../../api/validation/field-errors.ts';
import {
  unknownFormats,
  validateDefinitionCreate,
  validateDefinitionStatus,
  validateDefinitionUpdate,
  type RuleCompilers,
} from './definition-validation.ts';
import { isKnownFormat } from './formats.ts';

export class DefinitionHooks implements KindHooks {
  readonly #compilers: () => RuleCompilers;

  constructor(compilers: () => RuleCompilers) {
    this.#compilers = compilers;
  }

  validate(
    definition: KubernetesObject,
    old: KubernetesObject | undefined,
    subresource: string | undefined,
    warn: (text: string) => void,
  ): FieldError[] {
    if (old && subresource === 'status') return validateDefinitionStatus(definition, old);
    const errors = old
      ? validateDefinitionUpdate(definition, old, this.#compilers())
      : validateDefinitionCreate(definition, this.#compilers());
    if (errors.length > 0) return errors;
    const before = old ? unknownFormats(old.spec, isKnownFormat) : [];
    for (const format of unknownFormats(definition.spec, isKnownFormat))
      if (!before.includes(format)) warn(`unrecognized format ${JSON.stringify(format)}`);
    return errors;
  }
}
