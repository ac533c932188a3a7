/** Namespaces that are not in the mesh, and pods without the proxy that they should have. */
import { hasProxy, ISTIO_NAMESPACE } from '../mesh-objects.ts';
import type { Analyzer } from './message.ts';

const LABEL = 'istio-injection';
const REVISION_LABEL = 'istio.io/rev';
const MODE_LABEL = 'istio.io/dataplane-mode';
const INJECT = 'sidecar.istio.io/inject';
/** Namespaces of Kubernetes itself are nobody's to inject into. */
const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

export const injection: Analyzer = ({ objects, report }) => {
  const injected = new Set<string>();
  for (const namespace of objects.all('Namespace')) {
    const { name, labels = {} } = namespace.metadata;
    if (name === ISTIO_NAMESPACE || SYSTEM.includes(name)) continue;
    const enabled = labels[LABEL] === 'enabled';
    const several = [LABEL, REVISION_LABEL, MODE_LABEL].filter(
      (label) => labels[label] !== undefined && (label === LABEL || labels[LABEL] === undefined || enabled),
    );
    if (several.length > 1)
      report(
        'Warning',
        'IST0123',
        namespace,
        `The namespace has more than one type of injection labels [${several.map((label) => `${label}=${labels[label]}`).join(' ')}], which may lead to undefined behavior. Make sure only one injection label exists.`,
      );
    if (labels[MODE_LABEL] === 'ambient') continue;
    if (labels[LABEL] === undefined && labels[REVISION_LABEL] === undefined)
      report(
        'Info',
        'IST0102',
        namespace,
        `The namespace is not enabled for Istio injection. Run 'kubectl label namespace ${name} istio-injection=enabled' to enable it, or 'kubectl label namespace ${name} istio-injection=disabled' to explicitly mark it as not needing injection.`,
      );
    if (enabled) injected.add(name);
  }
  for (const pod of objects.all('Pod')) {
    const { namespace = '', name, labels, annotations } = pod.metadata;
    const asked = labels?.[INJECT] ?? annotations?.[INJECT] ?? '';
    if (!injected.has(namespace) || asked.toLowerCase() === 'false' || pod.spec.hostNetwork) continue;
    if (!hasProxy(pod))
      report(
        'Warning',
        'IST0103',
        pod,
        `The pod ${namespace}/${name} is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.`,
      );
  }
};
