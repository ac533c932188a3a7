/** Where a pod may run: node selectors, affinity, tolerations, topology spread; and taints, their counterpart. */
import { type FieldError, duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { validateLabelSelector } from './metadata.ts';
import { isDNS1123Subdomain, isLabelValue, isQualifiedName } from './names.ts';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const WEIGHT_RANGE = 'must be in the range 1-100';

export function validateAffinity(affinity: any, path: string, errors: FieldError[]): void {
  if (!affinity) return;
  if (affinity.nodeAffinity) validateNodeAffinity(affinity.nodeAffinity, `${path}.nodeAffinity`, errors);
  for (const name of ['podAffinity', 'podAntiAffinity']) {
    const terms = affinity[name];
    if (!terms) continue;
    terms.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term: any, index: number) =>
      validatePodAffinityTerm(
        term,
        `${path}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`,
        errors,
      ),
    );
    terms.preferredDuringSchedulingIgnoredDuringExecution?.forEach((weighted: any, index: number) => {
      const at = `${path}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      if (weighted.weight <= 0 || weighted.weight > 100)
        errors.push(invalid(`${at}.weight`, weighted.weight, WEIGHT_RANGE));
      validatePodAffinityTerm(weighted.podAffinityTerm ?? {}, `${at}.podAffinityTerm`, errors);
    });
  }
}

function validateNodeAffinity(affinity: any, path: string, errors: FieldError[]): void {
  const requiredTerms = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  if (requiredTerms)
    validateNodeSelector(requiredTerms, `${path}.requiredDuringSchedulingIgnoredDuringExecution`, errors);
  affinity.preferredDuringSchedulingIgnoredDuringExecution?.forEach((preferred: any, index: number) => {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    if (preferred.weight <= 0 || preferred.weight > 100)
      errors.push(invalid(`${at}.weight`, preferred.weight, WEIGHT_RANGE));
    validateNodeSelectorTerm(preferred.preference ?? {}, `${at}.preference`, errors);
  });
}

function validateNodeSelector(selector: any, path: string, errors: FieldError[]): void {
  if (!selector.nodeSelectorTerms?.length) {
    errors.push(required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term'));
    return;
  }
  selector.nodeSelectorTerms.forEach((term: any, index: number) =>
    validateNodeSelectorTerm(term, `${path}.nodeSelectorTerms[${index}]`, errors),
  );
}

function validateNodeSelectorTerm(term: any, path: string, errors: FieldError[]): void {
  term.matchExpressions?.forEach((expression: any, index: number) => {
    const at = `${path}.matchExpressions[${index}]`;
    const values: string[] = expression.values ?? [];
    switch (expression.operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0)
          errors.push(
            forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1)
          errors.push(
            required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
          );
        break;
      default:
        errors.push(invalid(`${at}.operator`, expression.operator ?? '', 'not a valid selector operator'));
    }
    for (const message of isQualifiedName(expression.key ?? ''))
      errors.push(invalid(`${at}.key`, expression.key ?? '', message));
    values.forEach((value, at2) => {
      for (const message of isLabelValue(value)) errors.push(invalid(`${at}.values[${at2}]`, value, message));
    });
  });
  term.matchFields?.forEach((expression: any, index: number) => {
    const at = `${path}.matchFields[${index}]`;
    if (expression.operator !== 'In' && expression.operator !== 'NotIn')
      errors.push(invalid(`${at}.operator`, expression.operator ?? '', 'not a valid selector operator'));
    else if (expression.values?.length !== 1)
      errors.push(
        required(
          `${at}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    if (expression.key !== 'metadata.name')
      errors.push(invalid(`${at}.key`, expression.key ?? '', 'not a valid field selector key'));
  });
}

function validatePodAffinityTerm(term: any, path: string, errors: FieldError[]): void {
  validateLabelSelector(term.labelSelector, `${path}.labelSelector`, errors);
  validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`, errors);
  term.namespaces?.forEach((namespace: string) => {
    for (const message of isDNS1123Subdomain(namespace))
      errors.push(invalid(`${path}.namespace`, namespace, message));
  });
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  for (const message of isQualifiedName(term.topologyKey ?? ''))
    errors.push(invalid(`${path}.topologyKey`, term.topologyKey ?? '', message));
}

export function validateTolerations(
  tolerations: any[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  tolerations?.forEach((toleration, index) => {
    const at = `${path}[${index}]`;
    const operator = toleration.operator || 'Equal';
    if (toleration.key)
      for (const message of isQualifiedName(toleration.key))
        errors.push(invalid(`${at}.key`, toleration.key, message));
    if (!toleration.key && operator !== 'Exists')
      errors.push(
        invalid(
          `${at}.operator`,
          toleration.operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      errors.push(
        invalid(
          `${at}.effect`,
          toleration.effect ?? '',
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    if (operator === 'Equal') {
      const messages = isLabelValue(toleration.value ?? '');
      if (messages.length > 0) errors.push(invalid(`${at}.operator`, toleration.value, messages.join(';')));
    } else if (operator === 'Exists') {
      if (toleration.value)
        errors.push(
          invalid(`${at}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"),
        );
    } else errors.push(notSupported(`${at}.operator`, toleration.operator, ['Equal', 'Exists']));
    if (toleration.effect && !TAINT_EFFECTS.includes(toleration.effect))
      errors.push(notSupported(`${at}.effect`, toleration.effect, TAINT_EFFECTS));
  });
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];

export function validateTopologySpread(
  constraints: any[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  constraints?.forEach((constraint, index) => {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!UNSATISFIABLE.includes(whenUnsatisfiable))
      errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, UNSATISFIABLE));
    // The duplicate is reported on the earlier one, as often as a later one repeats it.
    for (const other of constraints.slice(index + 1))
      if (other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
        errors.push(
          duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`),
        );
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'));
      if (whenUnsatisfiable !== 'DoNotSchedule')
        errors.push(
          invalid(
            `${at}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        );
    }
    validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`, errors);
  });
}

export function validateTaints(taints: any[] | undefined, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  taints?.forEach((taint, index) => {
    const at = `${path}[${index}]`;
    const { key = '', value = '', effect = '' } = taint;
    for (const message of isQualifiedName(key)) errors.push(invalid(`${at}.key`, key, message));
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(invalid(`${at}.value`, value, messages.join(';')));
    if (!effect) errors.push(required(`${at}.effect`));
    else if (!TAINT_EFFECTS.includes(effect))
      errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
    if (effect && seen.has(`${effect}/${key}`)) {
      const found = duplicate(at, {
        Key: key,
        Value: value,
        Effect: effect,
        TimeAdded: taint.timeAdded ?? null,
      });
      errors.push({ ...found, message: `${found.message}: taints must be unique by key and effect pair` });
    }
    seen.add(`${effect}/${key}`);
  });
}
