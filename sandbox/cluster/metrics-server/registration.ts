/** What installing metrics-server leaves in the API: its APIService, and the role by which people may read metrics. */
import { timestamp, type Clock } from '../../core/clock.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import { CLUSTER_ROLES, type ResourceType } from '../client/resources.ts';
import { GROUP, VERSION } from './metrics-schema.ts';

const API_SERVICES: ResourceType = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
};
const LABELS = { 'k8s-app': 'metrics-server' };

/** Registers the API. What is there already, of a cluster that is booted again, stays as it is. */
export async function registerMetricsServer(client: Client, clock: Clock): Promise<void> {
  const name = `${VERSION}.${GROUP}`;
  await ensure(client, CLUSTER_ROLES, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: {
        ...LABELS,
        'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
        'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
        'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      },
    },
    rules: [{ apiGroups: [GROUP], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  });
  const isNew = await ensure(client, API_SERVICES, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name, labels: LABELS },
    spec: {
      group: GROUP,
      groupPriorityMinimum: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics-server', namespace: 'kube-system', port: 443 },
      version: VERSION,
      versionPriority: 100,
    },
  });
  if (!isNew) return;
  const available = {
    lastTransitionTime: timestamp(clock.now()),
    message: 'all checks passed',
    reason: 'Passed',
    status: 'True',
    type: 'Available',
  };
  await client.patch(
    API_SERVICES,
    { name },
    'application/merge-patch+json',
    { status: { conditions: [available] } },
    { subresource: 'status' },
  );
}
