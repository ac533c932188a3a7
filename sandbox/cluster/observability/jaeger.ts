/**
 * The add-on `jaeger`: what Istio 1.30 has in `samples/addons/jaeger.yaml`, without the configuration file (the image's
 * defaults are the same) and the ports of protocols that the image does not speak, and with the Service `jaeger-query` that Jaeger's own
 * charts have.
 */
import { NAMESPACE, namespaceManifest, type Manifest } from './manifest.ts';

const NAME = 'jaeger';
const labels = { app: NAME };
const named = (name: string) => ({ name, namespace: NAMESPACE, labels });
const probe = { httpGet: { path: '/status', port: 13133 } };

const service = (name: string, ports: readonly unknown[]): Manifest => ({
  kind: 'Service',
  metadata: named(name),
  spec: { type: 'ClusterIP', ports, selector: labels },
});

export const jaegerManifests = (): Manifest[] => [
  namespaceManifest(),
  {
    kind: 'Deployment',
    metadata: named(NAME),
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, 'sidecar.istio.io/inject': 'false' },
          annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8888' },
        },
        spec: {
          containers: [
            {
              name: NAME,
              image: 'docker.io/jaegertracing/jaeger:2.17.0',
              livenessProbe: probe,
              readinessProbe: probe,
              resources: { requests: { cpu: '10m' } },
            },
          ],
        },
      },
    },
  },
  service('tracing', [{ name: 'http-query', port: 80, protocol: 'TCP', targetPort: 16686 }]),
  service('jaeger-query', [{ name: 'http-query', port: 16686, protocol: 'TCP', targetPort: 16686 }]),
  service('jaeger-collector', [{ name: 'http-otel', port: 4318, protocol: 'TCP', targetPort: 4318 }]),
];
