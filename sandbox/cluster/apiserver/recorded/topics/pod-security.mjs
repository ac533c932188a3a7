/** Pod Security admission: every check, the modes, the labels, what is said of pods that are there. */
import { gone, namespace, patch, post } from '../steps.mjs';

const NAMESPACE = 'recorded-pod-security';
const root = `/api/v1/namespaces/${NAMESPACE}`;
const LABEL = 'pod-security.kubernetes.io/';

const labels = (modes) =>
  Object.fromEntries(Object.entries(modes).map(([mode, value]) => [LABEL + mode, value]));
const created = (modes) => namespace(NAMESPACE, labels(modes));
const relabelled = (modes, query = '') => patch(root + query, { metadata: { labels: labels(modes) } });

/** A pod that `restricted` takes. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const c = (more, name = 'c', context = RESTRICTED) => ({
  name,
  image: 'busybox:1',
  ...more,
  securityContext: { ...context, ...more?.securityContext },
});
const spec = (containers = [c()], more = {}) => ({ containers, ...more });
const bare = (name) => ({ name, image: 'busybox:1' });

/** By title: the pod's spec and annotations. */
const PODS = {
  good: [spec()],
  bare: [spec([bare('c')])],
  'bare, three containers': [spec([bare('a'), bare('b')], { initContainers: [bare('i')] })],
  privileged: [spec([{ ...bare('c'), securityContext: { privileged: true } }])],
  'host namespaces': [spec([c()], { hostNetwork: true, hostPID: true, hostIPC: true })],
  'host ports': [
    spec([
      c({ ports: [{ containerPort: 80, hostPort: 80 }] }, 'a'),
      c(
        {
          ports: [
            { containerPort: 443, hostPort: 8443 },
            { containerPort: 1, hostPort: 443 },
          ],
        },
        'b',
      ),
    ]),
  ],
  'host path': [spec([c()], { volumes: [{ name: 'v', hostPath: { path: '/tmp' } }] })],
  volumes: [
    spec([c()], {
      volumes: [
        { name: 'v', hostPath: { path: '/tmp' } },
        { name: 'n', nfs: { server: 'a', path: '/' } },
        { name: 'm', nfs: { server: 'b', path: '/' } },
        { name: 'i', iscsi: { targetPortal: 'a', iqn: 'iqn.2001-04.com.example:s', lun: 0 } },
        { name: 'e', emptyDir: {} },
        { name: 'c', configMap: { name: 'c' } },
      ],
    }),
  ],
  capabilities: [
    spec([
      c({ securityContext: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } }, 'fine'),
      c({ securityContext: { capabilities: { drop: ['ALL'], add: ['CHOWN', 'SYS_ADMIN'] } } }, 'a'),
      c({ securityContext: { capabilities: { drop: ['KILL'], add: ['NET_ADMIN'] } } }, 'b'),
    ]),
  ],
  selinux: [
    spec([c({ securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } } })], {
      securityContext: { seLinuxOptions: { type: 'other_t', role: 'r' } },
    }),
  ],
  'selinux, allowed': [spec([c({ securityContext: { seLinuxOptions: { type: 'container_t' } } })])],
  seccomp: [spec([c({ securityContext: { seccompProfile: { type: 'Unconfined' } } })])],
  'seccomp of the pod': [
    spec([{ ...c(), securityContext: { ...RESTRICTED, seccompProfile: undefined } }], {
      securityContext: { seccompProfile: { type: 'Unconfined' } },
    }),
  ],
  'seccomp of the pod, fine': [
    spec([c({ securityContext: { seccompProfile: undefined } })], {
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    }),
  ],
  apparmor: [spec([c({ securityContext: { appArmorProfile: { type: 'Unconfined' } } })])],
  'apparmor annotations': [spec(), { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' }],
  'run as root': [spec([c({ securityContext: { runAsUser: 0 } })], { securityContext: { runAsUser: 0 } })],
  'run as root, user namespace': [
    spec([c({ securityContext: { runAsUser: 0, runAsNonRoot: undefined } })], { hostUsers: false }),
  ],
  'runAsNonRoot false': [
    spec([c({ securityContext: { runAsNonRoot: false } })], { securityContext: { runAsNonRoot: false } }),
  ],
  'runAsNonRoot of the pod': [
    spec([c({ securityContext: { runAsNonRoot: undefined } }), c({}, 'd')], {
      securityContext: { runAsNonRoot: true },
    }),
  ],
  'runAsNonRoot missing in two': [
    spec([
      c({ securityContext: { runAsNonRoot: undefined } }, 'a'),
      c({ securityContext: { runAsNonRoot: undefined } }, 'b'),
    ]),
  ],
  sysctls: [
    spec([c()], {
      securityContext: {
        sysctls: [
          { name: 'net.ipv4.tcp_syncookies', value: '1' },
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.core.somaxconn', value: '1' },
        ],
      },
    }),
  ],
  procMount: [spec([c({ securityContext: { procMount: 'Unmasked' } })])],
  'procMount, user namespace': [
    spec([c({ securityContext: { procMount: 'Unmasked' } })], { hostUsers: false }),
  ],
  'probe hosts': [
    spec([
      c({ livenessProbe: { httpGet: { port: 80, host: 'example.com' } } }, 'a'),
      c(
        {
          readinessProbe: { tcpSocket: { port: 80, host: '10.0.0.1' } },
          lifecycle: { preStop: { httpGet: { port: 80, host: 'a.test' } } },
        },
        'b',
      ),
    ]),
  ],
  windows: [
    {
      containers: [bare('c')],
      os: { name: 'windows' },
      securityContext: { runAsNonRoot: true },
    },
  ],
  'host process': [
    {
      containers: [bare('c')],
      hostNetwork: true,
      securityContext: { windowsOptions: { hostProcess: true } },
    },
  ],
  everything: [
    spec(
      [
        {
          ...bare('a'),
          ports: [{ containerPort: 1, hostPort: 1 }],
          securityContext: { privileged: true, runAsUser: 0, capabilities: { add: ['SYS_TIME'] } },
        },
      ],
      { hostPID: true, volumes: [{ name: 'h', hostPath: { path: '/' } }] },
    ),
  ],
};

const pod = (name, [podSpec, annotations]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...(annotations && { annotations }) },
  spec: podSpec,
});
const attempts = Object.values(PODS).map((each) => ({
  method: 'POST',
  path: `${root}/pods?dryRun=All`,
  body: pod('p', each),
}));

const deployment = (name, template) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: template },
  },
});
const workload = (path, body) => ({ method: 'POST', path: `${path}?dryRun=All`, body });
const job = { template: { spec: { ...spec([bare('c')]), restartPolicy: 'Never' } } };
const workloads = [
  workload(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment('d', spec([bare('c')]))),
  workload(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment('d', spec())),
  workload(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: job,
  }),
  workload(`/apis/batch/v1/namespaces/${NAMESPACE}/cronjobs`, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'j' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: job } },
  }),
  workload(`/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`, {
    ...deployment('d', spec([bare('c')], { hostNetwork: true })),
    kind: 'DaemonSet',
  }),
  workload(`${root}/podtemplates`, {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 't' },
    template: { metadata: { labels: { a: 'b' } }, spec: spec([bare('c')]) },
  }),
  workload(`${root}/replicationcontrollers`, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'r' },
    spec: {
      selector: { a: 'b' },
      template: { metadata: { labels: { a: 'b' } }, spec: spec([bare('c')]) },
    },
  }),
  workload(`${root}/replicationcontrollers`, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'r' },
    spec: { replicas: 0, selector: { a: 'b' } },
  }),
];

export const conversations = [
  {
    title: 'enforce restricted',
    steps: [...created({ enforce: 'restricted' }), ...attempts, ...workloads, ...gone(NAMESPACE)],
  },
  {
    title: 'enforce baseline',
    steps: [...created({ enforce: 'baseline' }), ...attempts, ...gone(NAMESPACE)],
  },
  {
    title: 'an old version',
    steps: [
      ...created({ enforce: 'restricted', 'enforce-version': 'v1.21' }),
      ...attempts,
      relabelled({ 'enforce-version': 'v1.34' }),
      ...attempts,
      relabelled({ 'enforce-version': 'v1.99' }),
      attempts[1],
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'warn and audit',
    steps: [
      ...created({ warn: 'restricted', audit: 'baseline', 'warn-version': 'v1.30' }),
      ...attempts,
      ...workloads,
      relabelled({ enforce: 'baseline', warn: 'privileged' }),
      attempts[1],
      ...workloads,
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'labels',
    steps: [
      ...[
        { enforce: 'strict' },
        { enforce: '' },
        { 'enforce-version': '1.35' },
        { 'audit-version': 'v2.0' },
        { warn: 'Baseline', audit: 'none', 'warn-version': 'v1.007' },
        { enforce: 'restricted', warn: 'x' },
      ].map((modes, index) => ({
        method: 'POST',
        path: '/api/v1/namespaces?dryRun=All',
        body: { metadata: { name: `n${index}`, labels: labels(modes) } },
      })),
      ...created({}),
      relabelled({ enforce: 'none' }),
      relabelled({ enforce: 'baseline', 'enforce-version': 'new' }),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'existing pods',
    steps: [
      ...created({}),
      post(`${root}/pods`, pod('bare-b', [{ ...PODS.bare[0], nodeName: 'none' }])),
      post(`${root}/pods`, pod('bare-a', [{ ...PODS.bare[0], nodeName: 'none' }])),
      post(`${root}/pods`, pod('bare-c', [{ ...PODS.bare[0], nodeName: 'none' }])),
      {
        method: 'POST',
        path: `${root}/pods`,
        body: pod('host', [{ ...PODS['host path'][0], nodeName: 'none' }]),
      },
      {
        method: 'POST',
        path: `${root}/pods`,
        body: pod('root', [{ ...PODS['run as root'][0], nodeName: 'none' }]),
      },
      post(`${root}/pods`, pod('fine', [{ ...PODS.good[0], nodeName: 'none' }])),
      relabelled({ enforce: 'restricted' }, '?dryRun=All'),
      relabelled({ enforce: 'baseline' }, '?dryRun=All'),
      relabelled({ warn: 'restricted' }, '?dryRun=All'),
      relabelled({ enforce: 'restricted', 'enforce-version': 'v1.20' }),
      relabelled({ enforce: 'baseline' }, '?dryRun=All'),
      relabelled({ 'enforce-version': 'latest' }, '?dryRun=All'),
      {
        method: 'PATCH',
        path: `${root}/pods/bare-a`,
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { a: 'b' } } },
      },
      {
        method: 'PATCH',
        path: `${root}/pods/bare-a`,
        type: 'application/strategic-merge-patch+json',
        body: { spec: { containers: [{ name: 'c', image: 'busybox:2' }] } },
      },
      {
        method: 'PATCH',
        path: `${root}/pods/bare-a/ephemeralcontainers`,
        type: 'application/strategic-merge-patch+json',
        body: { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox:1' }] } },
      },
      ...['bare-a', 'bare-b', 'bare-c', 'host', 'root', 'fine'].map((name) => ({
        method: 'DELETE',
        path: `${root}/pods/${name}?gracePeriodSeconds=0`,
      })),
      ...gone(NAMESPACE),
    ],
  },
];
