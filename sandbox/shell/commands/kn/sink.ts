/** `--sink` and `--dl-sink`: `ksvc:NAME`, `broker:NAME`, `svc:NAME`, each with `:NAMESPACE` behind it, or a URL. */
import { CommandError } from '../kubectl/errors.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { Sink } from './objects.ts';

interface SinkKind {
  apiVersion: string;
  kind: string;
  /** Where it is in the API. */
  path: string;
  /** As lists show it. */
  shown: string;
}

const KINDS: Readonly<Record<string, SinkKind>> = {
  ksvc: {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    path: '/apis/serving.knative.dev/v1',
    shown: 'ksvc',
  },
  broker: {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Broker',
    path: '/apis/eventing.knative.dev/v1',
    shown: 'broker',
  },
  service: { apiVersion: 'v1', kind: 'Service', path: '/api/v1', shown: 'service' },
};
const ALIASES: Readonly<Record<string, string>> = { kservice: 'ksvc', svc: 'service' };

/** What the flag names, which has to be there. */
export async function resolveSink(invocation: Invocation, text: string): Promise<Sink> {
  if (/^https?:\/\//.test(text)) return { uri: text };
  const parts = text.split(':');
  const [prefix, name, namespace = invocation.namespace.namespace] =
    parts.length === 1 ? ['ksvc', parts[0]] : parts;
  const kind = KINDS[ALIASES[prefix ?? ''] ?? prefix ?? ''];
  if (!kind || !name)
    throw new CommandError(
      `unsupported sink prefix: '${prefix}'; use ksvc:NAME, broker:NAME, svc:NAME or a URL`,
    );
  const plural = `${kind.kind.toLowerCase()}s`;
  await invocation.api.get(`${kind.path}/namespaces/${namespace}/${plural}/${name}`);
  return { ref: { apiVersion: kind.apiVersion, kind: kind.kind, name, namespace } };
}

/** As `--sink` would have it. */
export function sinkText({ ref, uri }: Sink): string {
  if (!ref) return uri ?? '';
  const kind = Object.values(KINDS).find(
    (each) => each.kind === ref.kind && each.apiVersion === ref.apiVersion,
  );
  return `${kind?.shown ?? `${ref.kind}:${ref.apiVersion}`}:${ref.name}${ref.namespace ? `:${ref.namespace}` : ''}`;
}
