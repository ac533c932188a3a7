/**
 * The add-on `prometheus`: what Istio 1.30 has in `samples/addons/prometheus.yaml`. It scrapes itself, kubelets with
 * their cAdvisor, and the pods and Services that ask for it by annotations. Left out: the sidecar that reloads the
 * configuration (`curl -X POST …/-/reload` does), and jobs for things that are not in this cluster.
 */
import { NAMESPACE, namespaceManifest, type Manifest } from './manifest.ts';

const NAME = 'prometheus';
const VERSION = 'v3.10.0';

const selector = {
  'app.kubernetes.io/component': 'server',
  'app.kubernetes.io/name': NAME,
  'app.kubernetes.io/instance': NAME,
};
const labels = { ...selector, 'app.kubernetes.io/version': VERSION, 'app.kubernetes.io/part-of': NAME };
const metadata = { name: NAME, namespace: NAMESPACE, labels };

const TOKEN = `bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token
  kubernetes_sd_configs:
  - role: node
  relabel_configs:
  - action: labelmap
    regex: __meta_kubernetes_node_label_(.+)
  scheme: https
  tls_config:
    ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    insecure_skip_verify: true`;

/** Relabelling by the annotations of a pod, or of a Service. */
const byAnnotations = (role: 'pod' | 'service', address: string) => `- action: keep
    regex: true
    source_labels:
    - __meta_kubernetes_${role}_annotation_prometheus_io_scrape
  - action: replace
    regex: (https?)
    source_labels:
    - __meta_kubernetes_${role}_annotation_prometheus_io_scheme
    target_label: __scheme__
  - action: replace
    regex: (.+)
    source_labels:
    - __meta_kubernetes_${role}_annotation_prometheus_io_path
    target_label: __metrics_path__
${address}
  - action: labelmap
    regex: __meta_kubernetes_${role}_annotation_prometheus_io_param_(.+)
    replacement: __param_$1
  - action: labelmap
    regex: __meta_kubernetes_${role}_label_(.+)
  - action: replace
    source_labels:
    - __meta_kubernetes_namespace
    target_label: namespace`;

const CONFIGURATION = `global:
  evaluation_interval: 1m
  scrape_interval: 15s
  scrape_timeout: 10s
rule_files:
- /etc/config/recording_rules.yml
- /etc/config/alerting_rules.yml
scrape_configs:
- job_name: prometheus
  static_configs:
  - targets:
    - localhost:9090
- job_name: kubernetes-nodes
  ${TOKEN}
- job_name: kubernetes-nodes-cadvisor
  metrics_path: /metrics/cadvisor
  ${TOKEN}
- job_name: kubernetes-service-endpoints
  honor_labels: true
  kubernetes_sd_configs:
  - role: endpoints
  relabel_configs:
  ${byAnnotations(
    'service',
    `  - action: replace
    regex: (.+?)(?::\\d+)?;(\\d+)
    replacement: $1:$2
    source_labels:
    - __address__
    - __meta_kubernetes_service_annotation_prometheus_io_port
    target_label: __address__`,
  )}
  - action: replace
    source_labels:
    - __meta_kubernetes_service_name
    target_label: service
  - action: replace
    source_labels:
    - __meta_kubernetes_pod_node_name
    target_label: node
- job_name: kubernetes-pods
  honor_labels: true
  kubernetes_sd_configs:
  - role: pod
  relabel_configs:
  ${byAnnotations(
    'pod',
    `  - action: replace
    regex: (\\d+);((([0-9]+?)(\\.|$)){4})
    replacement: $2:$1
    source_labels:
    - __meta_kubernetes_pod_annotation_prometheus_io_port
    - __meta_kubernetes_pod_ip
    target_label: __address__`,
  )}
  - action: replace
    source_labels:
    - __meta_kubernetes_pod_name
    target_label: pod
  - action: drop
    regex: Pending|Succeeded|Failed|Completed
    source_labels:
    - __meta_kubernetes_pod_phase
  - action: replace
    source_labels:
    - __meta_kubernetes_pod_node_name
    target_label: node
`;

const probe = (path: string) => ({
  httpGet: { path, port: 9090, scheme: 'HTTP' },
  failureThreshold: 3,
  successThreshold: 1,
});

export const prometheusManifests = (): Manifest[] => [
  namespaceManifest(),
  { kind: 'ServiceAccount', metadata },
  {
    kind: 'ConfigMap',
    metadata,
    data: {
      'prometheus.yml': CONFIGURATION,
      'alerting_rules.yml': '{}\n',
      'recording_rules.yml': '{}\n',
    },
  },
  {
    kind: 'ClusterRole',
    metadata: { name: NAME, labels },
    rules: [
      {
        apiGroups: [''],
        resources: ['nodes', 'nodes/metrics', 'services', 'endpoints', 'pods', 'ingresses', 'configmaps'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['networking.k8s.io'],
        resources: ['ingresses/status', 'ingresses'],
        verbs: ['get', 'list', 'watch'],
      },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ],
  },
  {
    kind: 'ClusterRoleBinding',
    metadata: { name: NAME, labels },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
  },
  {
    kind: 'Service',
    metadata,
    spec: {
      ports: [{ name: 'http', port: 9090, protocol: 'TCP', targetPort: 9090 }],
      selector,
      type: 'ClusterIP',
    },
  },
  {
    kind: 'Deployment',
    metadata,
    spec: {
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      replicas: 1,
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          serviceAccountName: NAME,
          containers: [
            {
              name: 'prometheus-server',
              image: `docker.io/prom/prometheus:${VERSION}`,
              imagePullPolicy: 'IfNotPresent',
              args: [
                '--storage.tsdb.retention.time=15d',
                '--config.file=/etc/config/prometheus.yml',
                '--storage.tsdb.path=/data',
                '--web.enable-lifecycle',
              ],
              ports: [{ containerPort: 9090 }],
              readinessProbe: { ...probe('/-/ready'), periodSeconds: 5, timeoutSeconds: 4 },
              livenessProbe: {
                ...probe('/-/healthy'),
                initialDelaySeconds: 30,
                periodSeconds: 15,
                timeoutSeconds: 10,
              },
              volumeMounts: [
                { name: 'config-volume', mountPath: '/etc/config' },
                { name: 'storage-volume', mountPath: '/data' },
              ],
            },
          ],
          terminationGracePeriodSeconds: 300,
          volumes: [
            { name: 'config-volume', configMap: { name: NAME } },
            { name: 'storage-volume', emptyDir: {} },
          ],
        },
      },
    },
  },
];
