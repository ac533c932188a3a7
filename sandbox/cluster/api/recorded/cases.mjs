/** Objects put to a real API server: good ones for defaults, bad ones for the words of validation. */
const meta = (name, more) => ({ name, ...more });
const container = (more) => ({ name: 'c', image: 'nginx', ...more });
const podSpec = (more) => ({ containers: [container()], ...more });
const template = (more, labels = { app: 'web' }) => ({ metadata: { labels }, spec: podSpec(more) });

const pod = (spec, metadata) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta('p', metadata),
  spec: podSpec(spec),
});
const withContainer = (more, metadata) => pod({ containers: [container(more)] }, metadata);
const workload = (apiVersion, kind) => (spec, metadata) => ({
  apiVersion,
  kind,
  metadata: meta('w', metadata),
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});
const deployment = workload('apps/v1', 'Deployment');
const replicaSet = workload('apps/v1', 'ReplicaSet');
const daemonSet = workload('apps/v1', 'DaemonSet');
const statefulSet = workload('apps/v1', 'StatefulSet');
const service = (spec, metadata) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta('s', metadata),
  spec: { ports: [{ port: 80 }], ...spec },
});
const object = (apiVersion, kind, body, name = 'o') => ({ apiVersion, kind, metadata: meta(name), ...body });
const jobTemplate = (more) => ({ spec: { ...podSpec(), restartPolicy: 'Never', ...more } });
const job = (spec) => object('batch/v1', 'Job', { spec: { template: jobTemplate(), ...spec } });
const cronJob = (spec, name) =>
  object(
    'batch/v1',
    'CronJob',
    { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate() } }, ...spec } },
    name,
  );
const claim = (spec) =>
  object('v1', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
const ingress = (spec) => object('networking.k8s.io/v1', 'Ingress', { spec });
const policy = (spec) =>
  object('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, ...spec } });
const hpa = (spec) =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      ...spec,
    },
  });
const STRATEGIC = 'application/strategic-merge-patch+json';
const long = (length) => 'a'.repeat(length);
const http = { httpGet: { port: 80 } };
const backend = { service: { name: 'web', port: { number: 80 } } };

const good = [
  ['pod', pod()],
  [
    'pod with everything defaulted',
    pod({
      initContainers: [
        { name: 'i', image: 'busybox:1', command: ['true'], resources: { limits: { cpu: '0.1' } } },
      ],
      containers: [
        container({
          image: 'nginx:1',
          ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP', name: 'dns' }],
          livenessProbe: http,
          readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 2 },
          startupProbe: { exec: { command: ['true'] } },
          resources: { limits: { cpu: '1', memory: '1024Mi' }, requests: { cpu: '0.5' } },
          lifecycle: { preStop: { httpGet: { port: 80, path: '/stop' } } },
        }),
        {
          name: 'd',
          image: 'localhost:5000/a/b',
          env: [
            { name: 'A', value: '' },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'C', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } },
          ],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
        {
          name: 'e',
          image: 'a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
          securityContext: { runAsNonRoot: true },
        },
      ],
      volumes: [
        { name: 'v' },
        { name: 'w', emptyDir: {} },
        { name: 'x', configMap: { name: 'x' } },
        { name: 'y', secret: { secretName: 'y' } },
        { name: 'z', hostPath: { path: '/tmp' } },
        {
          name: 'p',
          projected: {
            sources: [
              { serviceAccountToken: { path: 't' } },
              { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            ],
          },
        },
        {
          name: 'd',
          downwardAPI: {
            items: [{ path: 'l', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }],
          },
        },
        { name: 'q', persistentVolumeClaim: { claimName: 'q' } },
      ],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: { matchLabels: { a: 'b' } },
              },
            },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
      ],
      nodeSelector: { a: 'b' },
      terminationGracePeriodSeconds: 0,
      hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }],
    }),
  ],
  [
    'pod in the host network',
    pod({ hostNetwork: true, containers: [container({ ports: [{ containerPort: 80 }] })] }),
  ],
  ['pod with a sidecar', pod({ initContainers: [{ name: 's', image: 'x:1', restartPolicy: 'Always' }] })],
  ['deployment', deployment()],
  [
    'deployment, half a strategy',
    deployment({ replicas: 0, strategy: { rollingUpdate: { maxSurge: 1 } }, minReadySeconds: 0 }),
  ],
  ['deployment, Recreate', deployment({ strategy: { type: 'Recreate' }, paused: true })],
  ['replica set', replicaSet()],
  ['daemon set', daemonSet()],
  ['daemon set, OnDelete', daemonSet({ updateStrategy: { type: 'OnDelete' } })],
  [
    'stateful set',
    statefulSet({
      serviceName: 'x',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    }),
  ],
  ['job', job()],
  ['job with parallelism', job({ parallelism: 2, ttlSecondsAfterFinished: 0 })],
  ['cron job', cronJob()],
  ['service', service({ selector: { app: 'web' } })],
  [
    'service of type NodePort',
    service({ type: 'NodePort', ports: [{ port: 80, targetPort: 'http', name: 'a' }] }),
  ],
  ['service, headless', service({ clusterIP: 'None' })],
  [
    'service of type ExternalName',
    service({ type: 'ExternalName', externalName: 'example.com', ports: undefined }),
  ],
  ['service with affinity', service({ sessionAffinity: 'ClientIP' })],
  ['config map', object('v1', 'ConfigMap', { data: { a: 'b' } })],
  ['config map without data', object('v1', 'ConfigMap', {})],
  ['secret', object('v1', 'Secret', { data: { a: 'Yg==' } })],
  ['secret with stringData', object('v1', 'Secret', { stringData: { a: 'b' }, data: { c: 'ZA==' } })],
  ['service account', object('v1', 'ServiceAccount', {})],
  ['namespace', object('v1', 'Namespace', {}, 'slipway-recorded-2')],
  ['node', object('v1', 'Node', { status: { capacity: { cpu: '2', memory: '4Gi', pods: '110' } } }, 'n')],
  [
    'event',
    {
      ...object('v1', 'Event', {
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'slipway-recorded' },
        reason: 'Because',
        message: 'm',
        type: 'Normal',
        count: 1,
      }),
    },
  ],
  [
    'lease',
    object('coordination.k8s.io/v1', 'Lease', {
      spec: { holderIdentity: 'me', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
    }),
  ],
  [
    'endpoint slice',
    object('discovery.k8s.io/v1', 'EndpointSlice', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ port: 80 }],
    }),
  ],
  [
    'endpoint slice without endpoints',
    object('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4' }),
  ],
  ['claim', claim()],
  [
    'volume',
    object('v1', 'PersistentVolume', {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    }),
  ],
  ['storage class', object('storage.k8s.io/v1', 'StorageClass', { provisioner: 'x' })],
  [
    'ingress',
    ingress({
      rules: [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    }),
  ],
  ['network policy', policy({})],
  ['network policy with egress', policy({ egress: [{ ports: [{ port: 53 }] }] })],
  ['autoscaler', hpa({})],
  ['autoscaler with behavior', hpa({ behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } })],
  [
    'disruption budget',
    object('policy/v1', 'PodDisruptionBudget', {
      spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
    }),
  ],
  [
    'role',
    object('rbac.authorization.k8s.io/v1', 'Role', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }),
  ],
  ['role without rules', object('rbac.authorization.k8s.io/v1', 'Role', {})],
  [
    'role binding',
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'x' },
      ],
    }),
  ],
  ['priority class', object('scheduling.k8s.io/v1', 'PriorityClass', { value: 5 })],
  ['resource quota', object('v1', 'ResourceQuota', { spec: { hard: { pods: '5' } } })],
  [
    'limit range',
    object('v1', 'LimitRange', {
      spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '100m' } }] },
    }),
  ],
];

const bad = [
  ...['Pod_', long(254), '', 'a..b'].map((name) => [
    `pod named ${name.slice(0, 5)}`,
    { ...pod(), metadata: { name } },
  ]),
  ['pod without containers', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {} }],
  ['pod without spec', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }],
  ['container without name and image', pod({ containers: [{}] })],
  [
    'container names',
    pod({
      containers: [
        container({ name: 'A' }),
        container({ name: 'b' }),
        container({ name: 'b' }),
        container({ name: long(64) }),
        container({ name: 'a.b' }),
      ],
    }),
  ],
  ['image with spaces', withContainer({ image: ' nginx ' })],
  ['image malformed', withContainer({ image: 'nginx::1' })],
  ['pull policy', withContainer({ imagePullPolicy: 'Sometimes' })],
  ['restart policy', pod({ restartPolicy: 'Maybe' })],
  ['dns policy', pod({ dnsPolicy: 'Maybe' })],
  ['dns None without servers', pod({ dnsPolicy: 'None' })],
  [
    'ports',
    withContainer({
      ports: [
        { containerPort: 0 },
        { containerPort: 70000 },
        { containerPort: 80, protocol: 'HTTP' },
        { containerPort: 81, name: 'Not_A_Name' },
        { containerPort: 82, name: 'a' },
        { containerPort: 83, name: 'a' },
        { containerPort: 84, name: long(16) },
        { containerPort: 85, hostPort: 70000 },
        { containerPort: 86, hostIP: 'x' },
        { containerPort: 87, name: '1' },
        { containerPort: 88, name: 'a--b' },
        { containerPort: 89, name: '-a' },
      ],
    }),
  ],
  [
    'host ports clash',
    pod({
      containers: [
        container({ ports: [{ containerPort: 80, hostPort: 80 }] }),
        container({ name: 'd', ports: [{ containerPort: 81, hostPort: 80 }] }),
      ],
    }),
  ],
  [
    'env',
    withContainer({
      env: [
        { name: '' },
        { name: 'a=b' },
        { name: '1a', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: {} },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } },
        { name: 'D', valueFrom: { configMapKeyRef: { name: 'x' } } },
        { name: 'E', valueFrom: { secretKeyRef: { key: 'y' } } },
        { name: 'F', valueFrom: { resourceFieldRef: { resource: 'limits.foo' } } },
      ],
    }),
  ],
  [
    'envFrom',
    withContainer({
      envFrom: [
        {},
        { configMapRef: {} },
        { prefix: 'a=', secretRef: { name: 'B_' } },
        { configMapRef: { name: 'a' }, secretRef: { name: 'b' } },
      ],
    }),
  ],
  [
    'resources',
    withContainer({
      resources: { limits: { cpu: '1', memory: '-1', foo: '1', 'a b': '1' }, requests: { cpu: '2' } },
    }),
  ],
  [
    'volume mounts',
    pod({
      containers: [
        container({
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'w', mountPath: '' },
            { name: 'w', mountPath: '/a' },
            { name: '', mountPath: '/c' },
            { name: 'w', mountPath: '/d', subPath: '../x' },
          ],
        }),
      ],
      volumes: [{ name: 'w' }],
    }),
  ],
  [
    'volumes',
    pod({
      volumes: [
        { name: '' },
        { name: 'a' },
        { name: 'a' },
        { name: 'B' },
        { name: 'c', emptyDir: {}, hostPath: { path: '/' } },
        { name: 'd', configMap: {} },
        { name: 'e', secret: {} },
        { name: 'f', hostPath: { path: '' } },
        { name: 'g', hostPath: { path: '/a', type: 'x' } },
        { name: 'h', persistentVolumeClaim: {} },
        { name: 'i', configMap: { name: 'x', defaultMode: 9999 } },
        { name: 'j', configMap: { name: 'x', items: [{ key: '', path: '/x' }] } },
        { name: 'k', emptyDir: { sizeLimit: '-1' } },
        { name: 'l', projected: {} },
        { name: 'm', nfs: {} },
      ],
    }),
  ],
  ['probe without handler', withContainer({ livenessProbe: {} })],
  [
    'probes',
    withContainer({
      livenessProbe: {
        httpGet: { port: 0, path: '' },
        successThreshold: 2,
        periodSeconds: -1,
        initialDelaySeconds: -1,
        timeoutSeconds: -1,
        failureThreshold: -1,
      },
      readinessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } },
      startupProbe: { httpGet: { port: 'Not_valid', scheme: 'FTP' } },
    }),
  ],
  [
    'exec probe without command',
    withContainer({ readinessProbe: { exec: {} }, livenessProbe: { grpc: { port: 0 } } }),
  ],
  ['lifecycle', withContainer({ lifecycle: { postStart: {}, preStop: { exec: { command: [] } } } })],
  ['grace period', pod({ terminationGracePeriodSeconds: -1, activeDeadlineSeconds: 0 })],
  ['node selector', pod({ nodeSelector: { 'a b': 'x', ok: 'not ok' }, nodeName: 'A_' })],
  [
    'tolerations',
    pod({
      tolerations: [
        { key: 'a b' },
        { operator: 'Exists', value: 'x' },
        { key: 'a', operator: 'What' },
        { operator: 'Equal' },
        { key: 'a', effect: 'What' },
        { key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 },
      ],
    }),
  ],
  [
    'affinity',
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 0,
              preference: {
                matchExpressions: [
                  { key: 'a', operator: 'What' },
                  { key: 'b', operator: 'In' },
                  { key: 'c', operator: 'Exists', values: ['x'] },
                  { key: 'd', operator: 'Gt', values: ['1', '2'] },
                ],
              },
            },
          ],
        },
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: {
                matchLabels: { 'a b': 'c' },
                matchExpressions: [{ key: 'x', operator: 'In' }],
              },
            },
          ],
        },
      },
    }),
  ],
  [
    'topology spread',
    pod({
      topologySpreadConstraints: [
        { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'What' },
        { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
        { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', minDomains: 0 },
      ],
    }),
  ],
  [
    'security context',
    pod({
      securityContext: {
        runAsUser: -1,
        fsGroup: -1,
        runAsGroup: -5,
        supplementalGroups: [-1],
        sysctls: [{ name: 'A B', value: '' }],
        seccompProfile: { type: 'What' },
      },
      containers: [
        container({
          securityContext: {
            runAsUser: -1,
            privileged: true,
            allowPrivilegeEscalation: false,
            procMount: 'x',
          },
        }),
      ],
    }),
  ],
  ['host aliases', pod({ hostAliases: [{ ip: 'x', hostnames: ['A B'] }] })],
  [
    'init containers',
    pod({
      initContainers: [
        container(),
        {
          name: 'i',
          image: 'x',
          livenessProbe: http,
          lifecycle: { preStop: { exec: { command: ['x'] } } },
          readinessProbe: http,
          startupProbe: http,
        },
        { name: 'j', image: 'x', restartPolicy: 'Never' },
      ],
    }),
  ],
  [
    'hostname and subdomain',
    pod({
      hostname: 'A_',
      subdomain: 'A_',
      serviceAccountName: 'A_',
      schedulerName: 'A_',
      priorityClassName: 'A_',
      runtimeClassName: 'A_',
      imagePullSecrets: [{ name: '' }],
    }),
  ],
  ['readiness gates', pod({ readinessGates: [{ conditionType: 'a b' }] })],
  ['ephemeral containers on create', pod({ ephemeralContainers: [{ name: 'e', image: 'x' }] })],
  ['termination message', withContainer({ terminationMessagePolicy: 'x', workingDir: 'x' })],
  [
    'pod labels',
    pod(
      {},
      {
        labels: { 'a b': 'c', d: 'e f', [`${'x'.repeat(64)}`]: 'a', 'a/b/c': 'd', '/x': 'y', 'A_/x': 'y' },
        annotations: { 'a b': 'x' },
        generateName: 'A_',
      },
    ),
  ],
  [
    'owner references',
    pod(
      {},
      {
        ownerReferences: [
          { apiVersion: '', kind: '', name: '', uid: '' },
          { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'a', controller: true },
          { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'b', controller: true },
        ],
        finalizers: ['a b', 'x'],
      },
    ),
  ],
  ['deployment without anything', object('apps/v1', 'Deployment', { spec: {} })],
  ['deployment without spec', object('apps/v1', 'Deployment', {})],
  ['deployment selector mismatch', deployment({ selector: { matchLabels: { app: 'other' } } })],
  ['deployment empty selector', deployment({ selector: {} })],
  [
    'deployment bad selector',
    deployment({
      selector: {
        matchLabels: { 'a b': 'c' },
        matchExpressions: [
          { key: 'a', operator: 'What' },
          { key: 'b', operator: 'In' },
          { key: 'c', operator: 'Exists', values: ['a'] },
        ],
      },
    }),
  ],
  [
    'deployment numbers',
    deployment({ replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: -1 }),
  ],
  ['deployment deadline', deployment({ minReadySeconds: 600 })],
  ['deployment restart policy', deployment({ template: template({ restartPolicy: 'Never' }) })],
  ['deployment deadline of the pod', deployment({ template: template({ activeDeadlineSeconds: 5 }) })],
  ['deployment strategy', deployment({ strategy: { type: 'What' } })],
  [
    'deployment strategy Recreate with rollingUpdate',
    deployment({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
  ],
  [
    'deployment rolling update zero',
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  ],
  [
    'deployment rolling update bad',
    deployment({ strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '200%' } } }),
  ],
  [
    'deployment rolling update negative',
    deployment({ strategy: { rollingUpdate: { maxSurge: -1, maxUnavailable: -1 } } }),
  ],
  [
    'deployment template',
    deployment({ template: template({ containers: [{ name: 'c' }] }, { app: 'web', 'a b': 'x' }) }),
  ],
  ['deployment name', { ...deployment(), metadata: { name: 'My_App' } }],
  [
    'replica set',
    replicaSet({
      replicas: -1,
      minReadySeconds: -1,
      selector: { matchLabels: { app: 'x' } },
      template: template({ restartPolicy: 'OnFailure' }),
    }),
  ],
  ['replica set without anything', object('apps/v1', 'ReplicaSet', { spec: {} })],
  [
    'daemon set',
    daemonSet({
      minReadySeconds: -1,
      selector: { matchLabels: { app: 'x' } },
      updateStrategy: { type: 'x' },
      revisionHistoryLimit: -1,
      template: template({ restartPolicy: 'OnFailure' }),
    }),
  ],
  ['daemon set without anything', object('apps/v1', 'DaemonSet', { spec: {} })],
  ['daemon set both', daemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } })],
  [
    'daemon set neither',
    daemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  ],
  [
    'stateful set',
    statefulSet({
      replicas: -1,
      selector: { matchLabels: { app: 'x' } },
      podManagementPolicy: 'x',
      updateStrategy: { type: 'x' },
      template: template({ restartPolicy: 'OnFailure' }),
    }),
  ],
  ['stateful set without anything', object('apps/v1', 'StatefulSet', { spec: {} })],
  ['stateful set named', { ...statefulSet(), metadata: { name: 'a.b' } }],
  [
    'stateful set partition',
    statefulSet({
      updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: -1 } },
      minReadySeconds: -1,
      revisionHistoryLimit: -1,
      ordinals: { start: -1 },
      serviceName: 'A_',
    }),
  ],
  [
    'job',
    job({
      parallelism: -1,
      completions: -1,
      backoffLimit: -1,
      activeDeadlineSeconds: -1,
      ttlSecondsAfterFinished: -1,
      completionMode: 'x',
    }),
  ],
  ['job restart policy', job({ template: jobTemplate({ restartPolicy: undefined }) })],
  ['job restart policy 2', job({ template: jobTemplate({ restartPolicy: 'What' }) })],
  ['job selector', job({ selector: { matchLabels: { a: 'b' } } })],
  ['job indexed', job({ completionMode: 'Indexed', parallelism: 1 })],
  ['job without template', object('batch/v1', 'Job', { spec: {} })],
  [
    'cron job',
    cronJob({
      schedule: 'x',
      concurrencyPolicy: 'x',
      startingDeadlineSeconds: -1,
      successfulJobsHistoryLimit: -1,
      timeZone: 'Nowhere/There',
    }),
  ],
  ['cron job without schedule', cronJob({ schedule: '' })],
  ['cron job schedule range', cronJob({ schedule: '99 * * * *' })],
  ['cron job schedule TZ', cronJob({ schedule: 'TZ=UTC * * * * *' })],
  ['cron job named', cronJob({}, long(53))],
  [
    'cron job restart policy',
    cronJob({ jobTemplate: { spec: { template: jobTemplate({ restartPolicy: 'Always' }) } } }),
  ],
  ...['1a', 'A', long(64), 'a.b', ''].map((name) => [
    `service named ${name.slice(0, 5)}`,
    { ...service(), metadata: { name } },
  ]),
  ['service without ports', service({ ports: undefined })],
  [
    'service ports',
    service({
      ports: [
        { port: 0 },
        { port: 80, name: 'A' },
        { port: 80, name: 'a', protocol: 'X' },
        { port: 81, name: 'a', targetPort: 0 },
        { port: 82, name: 'b', targetPort: 'Not_valid' },
        { port: 82, name: 'c' },
        { port: 83, name: 'd', nodePort: 30000 },
        { port: 84, name: 'e', appProtocol: 'a b' },
      ],
    }),
  ],
  ['service type', service({ type: 'What' })],
  ['service affinity', service({ sessionAffinity: 'What' })],
  [
    'service affinity timeout',
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
  ],
  ['service cluster IP', service({ clusterIP: 'x' })],
  ['service ExternalName', service({ type: 'ExternalName' })],
  [
    'service ExternalName bad',
    service({ type: 'ExternalName', externalName: 'A_', clusterIP: '10.96.0.77' }),
  ],
  ['service headless NodePort', service({ type: 'NodePort', clusterIP: 'None' })],
  [
    'service external IPs',
    service({
      externalIPs: ['x', '127.0.0.1'],
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'What',
      loadBalancerSourceRanges: ['x'],
    }),
  ],
  ['service selector', service({ selector: { 'a b': 'c', d: 'e f' } })],
  ['service node port', service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })],
  [
    'config map keys',
    object('v1', 'ConfigMap', {
      data: { 'a b': 'c', '..': 'x', '..a': 'x', '.': 'x' },
      binaryData: { x: 'Yg==' },
    }),
  ],
  ['config map both', object('v1', 'ConfigMap', { data: { a: 'c' }, binaryData: { a: 'Yg==' } })],
  ['config map name', object('v1', 'ConfigMap', { data: { a: 'c' } }, 'My_Config')],
  ['secret keys', object('v1', 'Secret', { data: { 'a b': 'Yg==' } })],
  ['secret types', object('v1', 'Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'Yg==' } })],
  [
    'secret dockercfg',
    object('v1', 'Secret', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'Yg==' } }),
  ],
  ['secret dockercfg without', object('v1', 'Secret', { type: 'kubernetes.io/dockerconfigjson' })],
  ['secret basic', object('v1', 'Secret', { type: 'kubernetes.io/basic-auth' })],
  ['secret ssh', object('v1', 'Secret', { type: 'kubernetes.io/ssh-auth' })],
  ['secret token', object('v1', 'Secret', { type: 'kubernetes.io/service-account-token' })],
  ...['A', 'a.b', long(64), ''].map((name) => [
    `namespace named ${name.slice(0, 5)}`,
    object('v1', 'Namespace', {}, name),
  ]),
  [
    'node',
    object(
      'v1',
      'Node',
      {
        spec: {
          taints: [
            { key: '', effect: 'x' },
            { key: 'a b', effect: 'NoSchedule' },
            { key: 'a', value: 'b c', effect: 'NoSchedule' },
            { key: 'a', effect: 'NoSchedule' },
          ],
          podCIDR: 'x',
        },
      },
      'n',
    ),
  ],
  ['node name', object('v1', 'Node', {}, 'N_')],
  ['service account', object('v1', 'ServiceAccount', {}, 'A_')],
  ['event', object('v1', 'Event', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'elsewhere' } })],
  ['event without object', object('v1', 'Event', {})],
  [
    'lease',
    object('coordination.k8s.io/v1', 'Lease', {
      spec: { leaseDurationSeconds: 0, leaseTransitions: -1, holderIdentity: '' },
    }),
  ],
  [
    'endpoint slice',
    object('discovery.k8s.io/v1', 'EndpointSlice', {
      addressType: 'What',
      endpoints: [{ addresses: [] }],
      ports: [{ port: 0, protocol: 'X' }],
    }),
  ],
  [
    'endpoint slice addresses',
    object('discovery.k8s.io/v1', 'EndpointSlice', {
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['x', '127.0.0.1', 'fd00::1'] },
        { addresses: ['10.0.0.1'], hostname: 'A_', nodeName: 'A_' },
      ],
      ports: [{ name: 'A_' }, { name: 'a' }, { name: 'a' }],
    }),
  ],
  ['endpoint slice without type', object('discovery.k8s.io/v1', 'EndpointSlice', {})],
  [
    'claim',
    claim({
      accessModes: ['x'],
      resources: { requests: { storage: '-1' } },
      volumeMode: 'x',
      storageClassName: 'A_',
    }),
  ],
  ['claim without anything', object('v1', 'PersistentVolumeClaim', { spec: {} })],
  [
    'claim ReadWriteOncePod',
    claim({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'], resources: { requests: { storage: '0' } } }),
  ],
  ['volume without anything', object('v1', 'PersistentVolume', { spec: {} })],
  [
    'volume',
    object('v1', 'PersistentVolume', {
      spec: {
        capacity: { storage: '0', cpu: '1' },
        accessModes: ['x'],
        hostPath: { path: '/' },
        nfs: { server: 'a', path: '/b' },
        persistentVolumeReclaimPolicy: 'x',
      },
    }),
  ],
  [
    'storage class',
    object('storage.k8s.io/v1', 'StorageClass', { reclaimPolicy: 'x', volumeBindingMode: 'x' }),
  ],
  ['ingress without anything', ingress({})],
  [
    'ingress',
    ingress({
      ingressClassName: 'A_',
      rules: [
        { host: 'A B' },
        { host: '1.2.3.4' },
        { host: '*.x', http: { paths: [] } },
        {
          http: {
            paths: [
              { path: 'x', pathType: 'Prefix', backend },
              { path: '/', backend },
              { path: '/', pathType: 'x', backend: {} },
              { path: '/a//b', pathType: 'Exact', backend: { service: { name: 'A_', port: {} } } },
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'a', port: { name: 'a', number: 80 } } },
              },
            ],
          },
        },
      ],
      tls: [{ hosts: ['A B'], secretName: 'A_' }],
    }),
  ],
  [
    'network policy',
    policy({
      podSelector: { matchLabels: { 'a b': 'c' } },
      policyTypes: ['What'],
      ingress: [
        {
          ports: [{ port: 0 }, { port: 'Not_valid', protocol: 'X' }, { port: 80, endPort: 70 }],
          from: [
            {},
            { ipBlock: { cidr: 'x' } },
            { ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] } },
            { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} },
          ],
        },
      ],
    }),
  ],
  ['network policy types', policy({ policyTypes: ['Ingress', 'Egress', 'Ingress'] })],
  ['autoscaler', hpa({ minReplicas: 0, maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } })],
  ['autoscaler order', hpa({ minReplicas: 5, maxReplicas: 3 })],
  [
    'autoscaler metrics',
    hpa({
      metrics: [
        { type: 'Resource' },
        { type: 'What' },
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } },
        },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } },
      ],
      behavior: { scaleUp: { stabilizationWindowSeconds: -1, selectPolicy: 'x' } },
    }),
  ],
  [
    'disruption budget',
    object('policy/v1', 'PodDisruptionBudget', {
      spec: { minAvailable: 1, maxUnavailable: 1, selector: { matchLabels: { 'a b': 'c' } } },
    }),
  ],
  ['disruption budget values', object('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 'x' } })],
  [
    'disruption budget percent',
    object('policy/v1', 'PodDisruptionBudget', {
      spec: { maxUnavailable: '101%', unhealthyPodEvictionPolicy: 'x' },
    }),
  ],
  [
    'role',
    object('rbac.authorization.k8s.io/v1', 'Role', {
      rules: [
        {},
        { verbs: ['get'] },
        { verbs: ['get'], apiGroups: [''] },
        { verbs: ['get'], nonResourceURLs: ['/x'] },
      ],
    }),
  ],
  [
    'cluster role',
    object('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      rules: [{ verbs: ['get'], nonResourceURLs: ['/x'], resources: ['pods'], apiGroups: [''] }, {}],
    }),
  ],
  [
    'role binding',
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { kind: 'x', name: '' },
      subjects: [
        { kind: 'x', name: '' },
        { kind: 'ServiceAccount', name: 'A_' },
        { kind: 'User', name: '' },
        { kind: 'Group', name: 'x', apiGroup: 'y' },
      ],
    }),
  ],
  [
    'cluster role binding',
    object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', { roleRef: { kind: 'Role', name: 'a' } }),
  ],
  ['role named', object('rbac.authorization.k8s.io/v1', 'Role', {}, 'a%b')],
  [
    'resource quota',
    object('v1', 'ResourceQuota', { spec: { hard: { pods: '-1', 'a b': '1', foo: '1' }, scopes: ['x'] } }),
  ],
  [
    'limit range',
    object('v1', 'LimitRange', {
      spec: {
        limits: [
          { type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } },
          { type: 'Pod', default: { cpu: '1' } },
        ],
      },
    }),
  ],
  ['priority class', object('scheduling.k8s.io/v1', 'PriorityClass', { value: 2000000000 }, 'system-x')],
];

const podUpdates = [
  ['image', { spec: { containers: [container({ image: 'nginx:2' })] } }],
  ['container name', { spec: { containers: [container({ name: 'd' })] } }],
  ['a second container', { spec: { containers: [container(), container({ name: 'd' })] } }],
  ['command', { spec: { containers: [container({ command: ['x'] })] } }],
  ['node selector', { spec: { nodeSelector: { a: 'b' } } }],
  ['restart policy', { spec: { restartPolicy: 'Never' } }],
  ['empty image', { spec: { containers: [container({ image: '' })] } }],
  ['grace period', { spec: { terminationGracePeriodSeconds: 1 } }],
  ['tolerations', { spec: { tolerations: [{ key: 'x', operator: 'Exists' }] } }],
  ['active deadline', { spec: { activeDeadlineSeconds: 5 } }],
  ['labels', { metadata: { labels: { a: 'b c' } } }],
];

const updates = [
  ...podUpdates.map(([title, update]) => [
    `pod update: ${title}`,
    pod({ nodeSelector: { nowhere: 'x' } }),
    update,
    STRATEGIC,
  ]),
  [
    'deployment selector',
    deployment({ replicas: 0 }),
    { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
  ],
  [
    'deployment selector and mismatch',
    deployment({ replicas: 0 }),
    { spec: { selector: { matchLabels: { app: 'x' } } } },
  ],
  [
    'replica set selector',
    replicaSet({ replicas: 0 }),
    { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
  ],
  [
    'daemon set selector',
    daemonSet({ template: template({ nodeSelector: { nowhere: 'x' } }) }),
    { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
  ],
  [
    'stateful set fields',
    statefulSet({ replicas: 0, serviceName: 'a' }),
    { spec: { serviceName: 'b', replicas: 1 } },
  ],
  ['job template', job({ suspend: true }), { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } }],
  ['job completions', job({ suspend: true }), { spec: { completions: 5 } }],
  [
    'config map immutable',
    object('v1', 'ConfigMap', { immutable: true, data: { a: 'b' } }),
    { data: { a: 'c' } },
  ],
  [
    'config map immutable lifted',
    object('v1', 'ConfigMap', { immutable: true, data: { a: 'b' } }),
    { immutable: false },
  ],
  [
    'secret immutable',
    object('v1', 'Secret', { immutable: true, data: { a: 'Yg==' } }),
    { data: { a: 'Yw==' } },
  ],
  ['secret type', object('v1', 'Secret', {}), { type: 'x' }],
  ['service cluster IP', service(), { spec: { clusterIP: '10.96.0.77', clusterIPs: ['10.96.0.77'] } }],
  [
    'claim size',
    claim({ storageClassName: 'none' }),
    { spec: { resources: { requests: { storage: '500Mi' } } } },
  ],
  [
    'claim class',
    { ...claim({ storageClassName: 'none' }), metadata: meta('o2') },
    { spec: { storageClassName: 'other' } },
  ],
  [
    'role ref',
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
    }),
    { roleRef: { name: 'edit' } },
  ],
  [
    'metadata',
    object('v1', 'ConfigMap', {}),
    { metadata: { name: 'x', uid: 'y', creationTimestamp: '2020-01-01T00:00:00Z' } },
  ],
  ['resource version', object('v1', 'ConfigMap', {}), { metadata: { resourceVersion: '1' } }],
  ['namespace of', object('v1', 'ConfigMap', {}), { metadata: { namespace: 'elsewhere' } }],
  [
    'storage class',
    object('storage.k8s.io/v1', 'StorageClass', { provisioner: 'x' }),
    {
      provisioner: 'y',
      parameters: { a: 'b' },
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  ],
  ['priority class', object('scheduling.k8s.io/v1', 'PriorityClass', { value: 5 }), { value: 6 }],
];

export const cases = [
  ...good.map(([title, create]) => ({ title: `created: ${title}`, create })),
  ...bad.map(([title, create]) => ({ title: `refused: ${title}`, create })),
  ...updates.map(([title, create, update, patchType]) => ({
    title: `changed: ${title}`,
    create,
    update,
    patchType,
  })),
];
