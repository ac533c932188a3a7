/** What installing Istio leaves in the API, as its chart does (profile demo for what it asks of nodes). */
import type { KubernetesObject } from '../api/object.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  NAMESPACES,
  SERVICE_ACCOUNTS,
  SERVICES,
  type ResourceType,
} from '../client/resources.ts';
import { ISTIO_VERSION } from '../images/istio/istio.ts';
import { ROOT_NAMESPACE } from './istio-kinds.ts';
import { MONITORING_PORT, READY_PORT, WEBHOOK_PORT } from './istiod.ts';

export const ISTIOD = 'istiod';
const INJECT = 'sidecar.istio.io/inject';

const MESH_CONFIG = `accessLogFile: /dev/stdout
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
defaultProviders:
  metrics:
  - prometheus
enablePrometheusMerge: true
extensionProviders:
- name: otel-tracing
  opentelemetry:
    port: 4318
    service: jaeger-collector.istio-system.svc.cluster.local
    http:
      path: /v1/traces
rootNamespace: istio-system
trustDomain: cluster.local
`;

const labels = { app: ISTIOD, istio: 'pilot', 'istio.io/rev': 'default', release: 'istio' };
const selector = { app: ISTIOD, istio: 'pilot' };

const port = (name: string, number: number) => ({ containerPort: number, name, protocol: 'TCP' });

const deployment = {
  metadata: { name: ISTIOD, namespace: ROOT_NAMESPACE, labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: selector },
    template: {
      metadata: {
        labels: { ...labels, istio: 'pilot', [INJECT]: 'false', 'istio.io/dataplane-mode': 'none' },
        annotations: {
          'prometheus.io/port': String(MONITORING_PORT),
          'prometheus.io/scrape': 'true',
          [INJECT]: 'false',
        },
      },
      spec: {
        serviceAccountName: ISTIOD,
        containers: [
          {
            name: 'discovery',
            image: `docker.io/istio/pilot:${ISTIO_VERSION}`,
            args: ['discovery', `--monitoringAddr=:${MONITORING_PORT}`, '--log_output_level=default:info'],
            ports: [
              port('http-debug', READY_PORT),
              port('grpc-xds', 15010),
              port('tls-xds', 15012),
              port('https-webhooks', WEBHOOK_PORT),
              port('http-monitoring', MONITORING_PORT),
            ],
            readinessProbe: {
              httpGet: { path: '/ready', port: READY_PORT },
              periodSeconds: 3,
              timeoutSeconds: 5,
            },
            resources: { requests: { cpu: '10m', memory: '100Mi' } },
          },
        ],
      },
    },
  },
};

const service = {
  metadata: { name: ISTIOD, namespace: ROOT_NAMESPACE, labels },
  spec: {
    ports: [
      { name: 'grpc-xds', port: 15010, protocol: 'TCP' },
      { name: 'https-dns', port: 15012, protocol: 'TCP' },
      { name: 'https-webhook', port: 443, targetPort: WEBHOOK_PORT, protocol: 'TCP' },
      { name: 'http-monitoring', port: MONITORING_PORT, protocol: 'TCP' },
    ],
    selector,
  },
};

const expression = (key: string, operator: string, ...values: string[]) =>
  values.length > 0 ? { key, operator, values } : { key, operator };

const webhook = (prefix: string, namespaces: object[], pods: object[]) => ({
  name: `${prefix}.sidecar-injector.istio.io`,
  clientConfig: { service: { name: ISTIOD, namespace: ROOT_NAMESPACE, path: '/inject', port: 443 } },
  sideEffects: 'None',
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  failurePolicy: 'Fail',
  reinvocationPolicy: 'Never',
  admissionReviewVersions: ['v1'],
  namespaceSelector: { matchExpressions: namespaces },
  objectSelector: { matchExpressions: pods },
});

const revision = 'istio.io/rev';
const injection = 'istio-injection';

const webhooks = {
  metadata: {
    name: 'istio-sidecar-injector',
    labels: { app: 'sidecar-injector', [revision]: 'default', release: 'istio' },
  },
  webhooks: [
    webhook(
      'rev.namespace',
      [expression(revision, 'In', 'default'), expression(injection, 'DoesNotExist')],
      [expression(INJECT, 'NotIn', 'false')],
    ),
    webhook(
      'rev.object',
      [expression(revision, 'DoesNotExist'), expression(injection, 'DoesNotExist')],
      [expression(INJECT, 'NotIn', 'false'), expression(revision, 'In', 'default')],
    ),
    webhook('namespace', [expression(injection, 'In', 'enabled')], [expression(INJECT, 'NotIn', 'false')]),
    webhook(
      'object',
      [expression(injection, 'DoesNotExist'), expression(revision, 'DoesNotExist')],
      [expression(INJECT, 'In', 'true'), expression(revision, 'DoesNotExist')],
    ),
  ],
};

/** In the order in which they are put. */
export const ISTIO_OBJECTS: readonly [ResourceType, KubernetesObject][] = [
  [NAMESPACES, { metadata: { name: ROOT_NAMESPACE } }],
  [SERVICE_ACCOUNTS, { metadata: { name: ISTIOD, namespace: ROOT_NAMESPACE, labels } }],
  [
    CONFIG_MAPS,
    {
      metadata: { name: 'istio', namespace: ROOT_NAMESPACE, labels },
      data: { mesh: MESH_CONFIG },
    } as KubernetesObject,
  ],
  [DEPLOYMENTS, deployment],
  [SERVICES, service],
  [MUTATING_WEBHOOK_CONFIGURATIONS, webhooks as KubernetesObject],
];
