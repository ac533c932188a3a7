/**
 * The add-ons of real clusters. Each names one version; an upgrade is a change here and a run that proves it.
 * None is proven yet: their images come from registries, and the machine that exercises were proven on has
 * none (`docs/exercises-on-kind.md` has the command for each).
 */
import type { AddOn } from './add-on.ts';

const GATEWAY_API = 'v1.6.1';
const METRICS_SERVER = 'v0.8.0';
const ISTIO = '1.30.3';
const KNATIVE_SERVING = 'knative-v1.22.1';
const KNATIVE_EVENTING = 'knative-v1.22.2';

const ISTIO_CHARTS = 'https://istio-release.storage.googleapis.com/charts';
const ISTIO_SAMPLES = `https://raw.githubusercontent.com/istio/istio/${ISTIO}/samples/addons`;
const SERVING = `https://github.com/knative/serving/releases/download/${KNATIVE_SERVING}`;
const EVENTING = `https://github.com/knative/eventing/releases/download/${KNATIVE_EVENTING}`;

export const ADD_ONS: readonly AddOn[] = [
  {
    name: 'gateway-api',
    title: 'The kinds of the Gateway API, standard channel',
    version: GATEWAY_API,
    namespaces: [],
    steps: [
      {
        kind: 'manifest',
        url: `https://github.com/kubernetes-sigs/gateway-api/releases/download/${GATEWAY_API}/standard-install.yaml`,
      },
    ],
  },
  {
    name: 'metrics',
    title: 'metrics-server',
    version: METRICS_SERVER,
    namespaces: ['metrics-server'],
    steps: [
      {
        kind: 'chart',
        repository: 'https://kubernetes-sigs.github.io/metrics-server',
        chart: 'metrics-server',
        // The chart's own number; it installs the version above.
        version: '3.13.0',
        release: 'metrics-server',
        namespace: 'metrics-server',
        // The kubelets of kind have certificates of their own making.
        values: { 'args[0]': '--kubelet-insecure-tls' },
      },
    ],
  },
  {
    name: 'mesh',
    title: 'Istio, with sidecars',
    version: ISTIO,
    needs: ['gateway-api'],
    namespaces: ['istio-system'],
    makes: [
      'configmaps/istio-ca-root-cert',
      'configmaps/istio-ca-crl',
      'gatewayclasses/istio',
      'gatewayclasses/istio-remote',
    ],
    steps: [
      {
        kind: 'chart',
        repository: ISTIO_CHARTS,
        chart: 'base',
        version: ISTIO,
        release: 'istio-base',
        namespace: 'istio-system',
      },
      // Without it a pod's init container would need NET_ADMIN, which Pod Security refuses to learners.
      {
        kind: 'chart',
        repository: ISTIO_CHARTS,
        chart: 'cni',
        version: ISTIO,
        release: 'istio-cni',
        namespace: 'istio-system',
      },
      {
        kind: 'chart',
        repository: ISTIO_CHARTS,
        chart: 'istiod',
        version: ISTIO,
        release: 'istiod',
        namespace: 'istio-system',
        values: { 'pilot.cni.enabled': 'true' },
      },
    ],
  },
  {
    name: 'prometheus',
    title: 'Prometheus, as Istio ships it',
    version: ISTIO,
    needs: ['mesh'],
    namespaces: ['istio-system'],
    openServices: ['istio-system/prometheus:9090'],
    steps: [{ kind: 'manifest', url: `${ISTIO_SAMPLES}/prometheus.yaml` }],
  },
  {
    name: 'jaeger',
    title: 'Jaeger, as Istio ships it',
    version: ISTIO,
    needs: ['mesh'],
    namespaces: ['istio-system'],
    steps: [{ kind: 'manifest', url: `${ISTIO_SAMPLES}/jaeger.yaml` }],
  },
  {
    name: 'knative',
    title: 'Knative Serving with Kourier, and Eventing with the broker in memory',
    version: `${KNATIVE_SERVING}, ${KNATIVE_EVENTING}`,
    namespaces: ['knative-serving', 'kourier-system', 'knative-eventing'],
    steps: [
      { kind: 'manifest', url: `${SERVING}/serving-crds.yaml` },
      { kind: 'manifest', url: `${SERVING}/serving-core.yaml` },
      {
        kind: 'manifest',
        url: `https://raw.githubusercontent.com/knative/serving/${KNATIVE_SERVING}/third_party/kourier-latest/kourier.yaml`,
      },
      {
        kind: 'patch',
        object: 'configmap/config-network',
        namespace: 'knative-serving',
        patch: { data: { 'ingress-class': 'kourier.ingress.networking.knative.dev' } },
      },
      { kind: 'manifest', url: `${EVENTING}/eventing-crds.yaml` },
      { kind: 'manifest', url: `${EVENTING}/eventing-core.yaml` },
      { kind: 'manifest', url: `${EVENTING}/in-memory-channel.yaml` },
      { kind: 'manifest', url: `${EVENTING}/mt-channel-broker.yaml` },
    ],
  },
];

/**
 * The add-ons for `wanted`, each after what it needs. Throws for a name that nobody has declared.
 * @param declared those that there are.
 */
export function addOnsFor(wanted: readonly string[], declared: readonly AddOn[] = ADD_ONS): AddOn[] {
  const found: AddOn[] = [];
  const add = (name: string) => {
    const addOn = declared.find((each) => each.name === name);
    if (!addOn)
      throw new Error(
        `There is no add-on ${name} for real clusters; there are ${declared.map((each) => each.name).join(', ')}.`,
      );
    if (found.includes(addOn)) return;
    for (const need of addOn.needs ?? []) add(need);
    found.push(addOn);
  };
  for (const name of wanted) add(name);
  return found;
}

/** Why a real cluster cannot have `wanted` of those that are declared, in a sentence for people, or undefined. */
export function addOnTrouble(
  wanted: readonly string[],
  declared: readonly AddOn[] = ADD_ONS,
): string | undefined {
  const unknown = wanted.filter((name) => !declared.some((each) => each.name === name));
  if (unknown.length > 0) return `a real cluster cannot have ${unknown.join(', ')}`;
  const off = addOnsFor(wanted, declared).filter((each) => !each.proven);
  return off.length > 0
    ? `no run on a real cluster has been recorded yet with ${off.map((each) => each.name).join(', ')}`
    : undefined;
}
