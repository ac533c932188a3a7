/** Registers a group's webhooks with the API server, and answers them. */
import type { KubernetesObject } from '../api/object.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, VALIDATING_WEBHOOK_CONFIGURATIONS } from '../client/resources.ts';
import { ensure } from '../client/ensure.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { hostService } from './host.ts';
import type { KnativeContext } from './knative-context.ts';
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
  await ensure(client, MUTATING_WEBHOOK_CONFIGURATIONS, registered(`webhook.${group}`, DEFAULTING_PATH));
  await ensure(
    client,
    VALIDATING_WEBHOOK_CONFIGURATIONS,
    registered(`validation.webhook.${group}`, VALIDATION_PATH),
  );
}
