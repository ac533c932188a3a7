/** What Eventing fills in and refuses (pkg/apis/eventing/v1, pkg/apis/duck/v1), in its words. CESQL is refused here. */
import { deepEqual } from '../../api/equality.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { FieldErrors } from '../field-errors.ts';
import {
  BROKER_CLASS,
  BROKER_LABEL,
  CHANNEL_BROKER,
  type Broker,
  type Delivery,
  type Destination,
  type EventFilter,
  type Trigger,
} from './kinds.ts';
import { isoDurationMs } from './retry.ts';

export const EVENTING_NAMESPACE = 'knative-eventing';
/** Of `config-br-defaults`. */
const DEFAULT_DELIVERY: Delivery = { retry: 10, backoffPolicy: 'exponential', backoffDelay: 'PT0.2S' };
const ATTRIBUTE = /^[a-z][a-z0-9]*$/;
const DIALECTS = ['exact', 'prefix', 'suffix', 'all', 'any', 'not', 'cesql'] as const;

export function withEventingDefaults(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const namespace = metadata.namespace ?? 'default';
  const placed = (destination: Destination | undefined) =>
    destination?.ref && !destination.ref.namespace
      ? { ...destination, ref: { ...destination.ref, namespace } }
      : destination;
  const delivered = (delivery: Delivery | undefined) =>
    delivery?.deadLetterSink ? { ...delivery, deadLetterSink: placed(delivery.deadLetterSink) } : delivery;
  if (object.kind === 'Broker') {
    const spec = (object as Broker).spec ?? {};
    const config = spec.config ?? {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'config-br-default-channel',
      namespace: EVENTING_NAMESPACE,
    };
    return {
      ...object,
      metadata: {
        ...metadata,
        annotations: { [BROKER_CLASS]: CHANNEL_BROKER, ...metadata.annotations },
      },
      spec: { ...spec, config, delivery: delivered(spec.delivery ?? DEFAULT_DELIVERY) },
    };
  }
  const spec = (object as Trigger).spec!;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...(spec?.broker ? { [BROKER_LABEL]: spec.broker } : {}) },
    },
    spec: {
      ...spec,
      filter: spec?.filter ?? {},
      subscriber: placed(spec?.subscriber) ?? {},
      ...(spec?.delivery ? { delivery: delivered(spec.delivery) } : {}),
    },
  };
}

export function validateEventing(object: KubernetesObject, old: KubernetesObject | undefined): FieldErrors {
  const errors = new FieldErrors();
  if (object.kind === 'Broker') validateBroker(object as Broker, old as Broker | undefined, errors);
  else validateTrigger(object as Trigger, old as Trigger | undefined, errors);
  return errors;
}

function validateBroker(broker: Broker, old: Broker | undefined, errors: FieldErrors): void {
  checkDelivery(broker.spec?.delivery, 'spec.delivery', errors);
  if (!old) return;
  if (!deepEqual(old.spec?.config, broker.spec?.config))
    errors.add(
      'Immutable fields changed (-old +new)',
      'spec',
      change('{v1.BrokerSpec}.Config', old.spec?.config, broker.spec?.config),
    );
  const [before, after] = [old, broker].map(({ metadata }) => metadata.annotations?.[BROKER_CLASS]);
  if (before !== after)
    errors.add('Immutable annotations changed (-old +new)', 'annotations', change('{string}', before, after));
}

function validateTrigger({ spec }: Trigger, old: Trigger | undefined, errors: FieldErrors): void {
  const { broker, filter, filters = [], subscriber, delivery } = spec!;
  if (!broker) errors.missing('spec.broker');
  checkNames(filter?.attributes, 'spec.filter.attributes', errors);
  for (const [index, each] of filters.entries()) checkFilter(each, `spec.filters[${index}]`, errors);
  checkDestination(subscriber, 'spec.subscriber', errors);
  checkDelivery(delivery, 'spec.delivery', errors);
  if (old && old.spec?.broker !== broker)
    errors.add(
      'Immutable fields changed (-old +new)',
      ['spec', 'broker'],
      change('{string}', old.spec?.broker, broker),
    );
}

const change = (path: string, before: unknown, after: unknown): string =>
  `${path}:\n\t-: ${JSON.stringify(before)}\n\t+: ${JSON.stringify(after)}\n`;

function checkFilter(filter: EventFilter, path: string, errors: FieldErrors): void {
  const given = DIALECTS.filter((dialect) => filter[dialect] !== undefined);
  if (given.length > 1) errors.add('multiple dialects found, filters can have only one dialect set', path);
  for (const dialect of ['exact', 'prefix', 'suffix'] as const)
    checkNames(filter[dialect], `${path}.${dialect}`, errors);
  for (const dialect of ['all', 'any'] as const)
    for (const [index, each] of (filter[dialect] ?? []).entries())
      checkFilter(each, `${path}.${dialect}[${index}]`, errors);
  if (filter.not) checkFilter(filter.not, `${path}.not`, errors);
  if (filter.cesql)
    errors.invalid(
      filter.cesql,
      `${path}.cesql`,
      'CESQL is not available in this cluster: use exact, prefix, suffix, all, any and not',
    );
}

function checkNames(attributes: Record<string, string> | undefined, path: string, errors: FieldErrors): void {
  for (const name of Object.keys(attributes ?? {}))
    if (!ATTRIBUTE.test(name))
      errors.add(
        `invalid key name ${JSON.stringify(name)}`,
        `${path}[${name}]`,
        'Attribute name must start with a letter and can only contain lowercase alphanumeric',
      );
}

function checkDestination(destination: Destination | undefined, path: string, errors: FieldErrors): void {
  const { ref, uri } = destination ?? {};
  if (!ref && !uri) return errors.add('expected at least one, got none', [`${path}.ref`, `${path}.uri`]);
  if (!ref && !/^https?:\/\/[^/]/.test(uri ?? ''))
    errors.add('Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent', `${path}.uri`);
  if (ref && uri && /^\w+:/.test(uri))
    errors.add('Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present', [
      `${path}.ref`,
      `${path}.uri`,
    ]);
  if (!ref) return;
  const missing = (['name', 'kind', 'apiVersion'] as const).filter((field) => !ref[field]);
  if (missing.length > 0) errors.missing(...missing.map((field) => `${path}.ref.${field}`));
}

function checkDelivery(delivery: Delivery | undefined, path: string, errors: FieldErrors): void {
  const { deadLetterSink, retry, backoffPolicy, backoffDelay, timeout } = delivery ?? {};
  if (deadLetterSink) checkDestination(deadLetterSink, `${path}.deadLetterSink`, errors);
  if (retry !== undefined && retry < 0) errors.invalid(retry, `${path}.retry`);
  if (timeout !== undefined) errors.disallowed(`${path}.timeout`);
  if (backoffPolicy !== undefined && backoffPolicy !== 'linear' && backoffPolicy !== 'exponential')
    errors.invalid(backoffPolicy, `${path}.backoffPolicy`);
  if (backoffDelay !== undefined && isoDurationMs(backoffDelay) === undefined)
    errors.invalid(backoffDelay, `${path}.backoffDelay`);
}
