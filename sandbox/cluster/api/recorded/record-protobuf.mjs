/**
 * Records lists of a cluster in JSON and in protobuf: `node record-protobuf.mjs http://127.0.0.1:8001` through
 * `kubectl proxy`. The writer's test wants the same bytes for the same objects.
 */
import { writeFileSync } from 'node:fs';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const PATHS = [
  '/api/v1/namespaces/kube-system/pods?limit=1',
  '/api/v1/namespaces/kube-system/services',
  '/api/v1/events?limit=1',
  '/api/v1/namespaces/nope/pods/x',
  '/apis/apps/v1/namespaces/kube-system/deployments?limit=1',
  '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?limit=1',
  '/apis/discovery.k8s.io/v1/endpointslices?limit=1',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=1',
  '/apis/storage.k8s.io/v1/csinodes',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests?limit=1',
];

const lines = [];
for (const path of PATHS) {
  const get = async (accept) => (await fetch(server + path, { headers: { accept } })).arrayBuffer();
  // The revision of a list moves on between two requests: until they agree, they are asked again.
  for (;;) {
    const first = Buffer.from(await get('application/json')).toString();
    const protobuf = Buffer.from(await get('application/vnd.kubernetes.protobuf')).toString('base64');
    const second = Buffer.from(await get('application/json')).toString();
    if (first !== second) continue;
    lines.push(JSON.stringify({ path, object: JSON.parse(first), protobuf }));
    break;
  }
}
writeFileSync(new URL('protobuf.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
