/** Which objects of a resource a list, watch or deletecollection is about. */
import { FieldSelectorError, parseFieldSelector, type FieldSelector } from '../../api/fields.ts';
import { parseSelector, SelectorError, type Selector } from '../../api/labels.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { ApiRequest } from '../../api/request.ts';
import type { ResourceInfo } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';

export class Selection {
  /** `namespace/` or ''. */
  readonly prefix: string;
  readonly #labels: Selector | undefined;
  readonly #fields: FieldSelector | undefined;

  private constructor(prefix: string, labels: Selector | undefined, fields: FieldSelector | undefined) {
    this.prefix = prefix;
    this.#labels = labels;
    this.#fields = fields;
  }

  /** Throws BadRequest for a selector that cannot be understood. */
  static of(request: ApiRequest, { custom }: Pick<ResourceInfo, 'custom'>): Selection {
    const { namespace, name, options } = request;
    let labels: Selector | undefined;
    let fields: FieldSelector | undefined;
    try {
      if (options?.labelSelector) labels = parseSelector(options.labelSelector);
      const terms = [options?.fieldSelector, name && `metadata.name=${name}`].filter(Boolean);
      if (terms.length > 0) fields = parseFieldSelector(terms.join(','), request, custom?.selectable);
    } catch (error) {
      if (!(error instanceof SelectorError || error instanceof FieldSelectorError)) throw error;
      throw new StatusError('BadRequest', error.message);
    }
    return new Selection(namespace ? `${namespace}/` : '', labels, fields);
  }

  /** Nothing but the namespace narrows it. */
  get whole(): boolean {
    return !this.#labels && !this.#fields;
  }

  /** Whether the selectors match; the namespace is the key prefix's business. */
  matches(object: KubernetesObject): boolean {
    return (
      (!this.#labels || this.#labels.matches(object.metadata.labels)) &&
      (!this.#fields || this.#fields.matches(object))
    );
  }
}
