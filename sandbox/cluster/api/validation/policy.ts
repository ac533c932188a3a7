/** PodDisruptionBudget and HorizontalPodAutoscaler. */
import { type FieldError, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { validateLabelSelector } from './metadata.ts';
import { isPathSegmentName } from './names.ts';
import type { KindValidation } from './validate.ts';
import { isNotMoreThan100Percent, validatePositiveIntOrPercent } from './workload.ts';

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

function createBudget(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  const { minAvailable, maxUnavailable, selector } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(
      invalid(
        'spec',
        {
          MinAvailable: minAvailable,
          Selector: selector ?? null,
          MaxUnavailable: maxUnavailable,
          UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
        },
        'minAvailable and maxUnavailable cannot be both set',
      ),
    );
  for (const field of ['minAvailable', 'maxUnavailable']) {
    if (spec[field] === undefined) continue;
    validatePositiveIntOrPercent(spec[field], `spec.${field}`, errors);
    isNotMoreThan100Percent(spec[field], `spec.${field}`, errors);
  }
  validateLabelSelector(selector, 'spec.selector', errors);
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && !EVICTION_POLICIES.includes(policy))
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES));
}

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];

function createAutoscaler(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  const { minReplicas, maxReplicas = 0 } = spec;
  if (minReplicas !== undefined && minReplicas < 1)
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  const target = spec.scaleTargetRef ?? {};
  for (const field of ['kind', 'name'])
    if (!target[field]) errors.push(required(`spec.scaleTargetRef.${field}`));
    else
      for (const message of isPathSegmentName(target[field]))
        errors.push(invalid(`spec.scaleTargetRef.${field}`, target[field], message));
  if (!target.apiVersion?.includes('/'))
    errors.push(
      invalid('spec.scaleTargetRef.apiVersion', target.apiVersion ?? '', 'apiVersion must specify API group'),
    );
  const metrics: any[] = spec.metrics ?? [];
  metrics.forEach((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, errors));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  for (const direction of ['scaleUp', 'scaleDown'])
    if (spec.behavior?.[direction])
      validateScalingRules(spec.behavior[direction], `spec.behavior.${direction}`, errors);
}

function validateMetric(metric: any, path: string, errors: FieldError[]): void {
  const { type } = metric;
  if (!type) {
    errors.push(required(`${path}.type`, 'must specify a metric source type'));
    errors.push(notSupported(`${path}.type`, '', METRIC_TYPES));
    return;
  }
  if (!METRIC_TYPES.includes(type)) {
    // Said once for the type and once for the source that it would name.
    const problem = notSupported(`${path}.type`, type, METRIC_TYPES);
    errors.push(problem, problem);
    return;
  }
  const field = type[0].toLowerCase() + type.slice(1);
  const source = metric[field];
  if (!source) {
    errors.push(required(`${path}.${field}`, 'must populate information for the given metric source'));
    return;
  }
  if (field !== 'resource' && field !== 'containerResource') return;
  const at = `${path}.${field}`;
  if (!source.name) errors.push(required(`${at}.name`, 'must specify a resource name'));
  const { averageUtilization, averageValue, type: targetType = '' } = source.target ?? {};
  if (!targetType) errors.push(required(`${at}.target.type`, 'must specify a metric target type'));
  if (!TARGET_TYPES.includes(targetType))
    errors.push(
      invalid(`${at}.target.type`, targetType, 'must be either Utilization, Value, or AverageValue'),
    );
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${at}.target.averageUtilization`, averageUtilization, 'must be greater than 0'));
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(
      required(
        `${at}.target.averageUtilization`,
        'must set either a target raw value or a target utilization',
      ),
    );
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(
      forbidden(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization'),
    );
}

function validateScalingRules(rules: any, path: string, errors: FieldError[]): void {
  const window = rules.stabilizationWindowSeconds;
  if (window !== undefined && window < 0)
    errors.push(
      invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'),
    );
  if (window !== undefined && window > 3600)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'));
  if (rules.selectPolicy !== undefined && !SELECT_POLICIES.includes(rules.selectPolicy))
    errors.push(notSupported(`${path}.selectPolicy`, rules.selectPolicy, SELECT_POLICIES));
  if (!rules.policies?.length) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  rules.policies?.forEach((policy: any, index: number) => {
    const at = `${path}.policies[${index}]`;
    if (policy.type !== 'Pods' && policy.type !== 'Percent')
      errors.push(notSupported(`${at}.type`, policy.type, ['Percent', 'Pods']));
    if (policy.value <= 0) errors.push(invalid(`${at}.value`, policy.value, 'must be greater than zero'));
    if (policy.periodSeconds <= 0)
      errors.push(invalid(`${at}.periodSeconds`, policy.periodSeconds, 'must be greater than zero'));
    if (policy.periodSeconds > 1800)
      errors.push(invalid(`${at}.periodSeconds`, policy.periodSeconds, 'must be less than or equal to 1800'));
  });
}

export const policyValidators: Record<string, KindValidation> = {
  // Of a budget's name the server asks only that it can stand in a path.
  'policy/PodDisruptionBudget': { name: isPathSegmentName, create: createBudget },
  'autoscaling/HorizontalPodAutoscaler': { create: createAutoscaler },
};
