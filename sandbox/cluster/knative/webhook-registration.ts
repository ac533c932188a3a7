/** Registers a group's webhooks with the API server, and answers them. */
import type { KubernetesObject } from '../api/object.ts';
import type { ResourceType } from '../client/resources.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { hostService } from './host.ts';
import { ensure, type KnativeContext } from './knative-context.ts';
import { DEFAULTING_PATH, review, VALIDATION_PATH, WEBHOOK_PORT, type Webhook } from './webhook.ts';

export interface WebhookInit {
  /** Where Knative's part is installed. */
  namespace: string;
  /** API group, which names the webhooks. */
  group: string;
  resources: string[];
  webhook: Webhook;
  /** The Service of the webhook; default: `webhook`. */
  service?: string;
}

const configurations = (resource: string, kind: string): ResourceType =>
  Object.freeze({ group: 'admissionregistration.k8s.io', version: 'v1', resource, kind, namespaced: false });

const MUTATING = configurations('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration');
const VALIDATING = configurations('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration');

export async function installWebhook(
  context: KnativeContext,
  host: NetworkStack,
  { namespace, group, resources, webhook, service = 'webhook' }: WebhookInit,
): Promise<void> {
  const { client } = context;
  host.listen(WEBHOOK_PORT, async (request) => review(webhook, request));
  await hostService(context, host, { namespace, name: service, ports: { 443: WEBHOOK_PORT } });
  const registered = (name: string, path: string): KubernetesObject => ({
    metadata: { name },
    webhooks: [
      {
        name,
        admissionReviewVersions: ['v1'],
        clientConfig: { service: { name: service, namespace, path } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        timeoutSeconds: 10,
        rules: [
          {
            apiGroups: [group],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources,
            scope: '*',
          },
        ],
      },
    ],
  });
  await ensure(client, MUTATING, registered(`webhook.${group}`, DEFAULTING_PATH));
  await ensure(client, VALIDATING, registered(`validation.webhook.${group}`, VALIDATION_PATH));
}
