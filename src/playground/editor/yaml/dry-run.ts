/**
 * What the API server would say to a manifest: a server-side apply with `dryRun=All`. It runs the defaults, the
 * validation and the admission of the learner's own cluster and stores nothing.
 */
import { readText, type HttpOrigin } from '../../../../sandbox/core/http.ts';
import { encode } from '../../../../sandbox/core/bytes.ts';
import type { Status } from '../../../../sandbox/cluster/api/status.ts';
import { pathOf, type ApiSchemas } from './api-schemas.ts';
import { spanAt, type Manifest } from './manifest.ts';
import type { Problem } from './schema-problems.ts';
import type { Path } from './schema.ts';

/** Answers that are about the manifest. Others (no such kind, no answer) are about the way there. */
const ABOUT_THE_MANIFEST = new Set([400, 403, 422]);

export async function dryRunProblems(
  kube: HttpOrigin,
  schemas: ApiSchemas,
  manifest: Manifest,
  namespace: string,
  signal: AbortSignal,
): Promise<Problem[]> {
  const { apiVersion, kind, name } = manifest;
  if (!apiVersion || !kind || !name || manifest.document.errors.length > 0) return [];
  const resource = (await schemas.resources(apiVersion)).find((one) => one.kind === kind);
  if (!resource) return [];
  const scope = resource.namespaced
    ? `/namespaces/${encodeURIComponent(manifest.namespace ?? namespace)}`
    : '';
  const response = await kube.fetch({
    method: 'PATCH',
    path:
      `/${pathOf(apiVersion)}${scope}/${resource.name}/${encodeURIComponent(name)}` +
      '?dryRun=All&fieldManager=slipway-editor&force=true&fieldValidation=Ignore',
    headers: {
      'content-type': 'application/apply-patch+yaml',
      accept: 'application/json',
      'user-agent': 'slipway-editor',
    },
    body: encode(JSON.stringify(manifest.document.toJS())),
    signal,
  });
  if (!ABOUT_THE_MANIFEST.has(response.status)) return [];
  return problemsOf(JSON.parse(await readText(response)) as Status, manifest);
}

/** One problem a cause, at its field; without causes the message at the top of the manifest. */
export function problemsOf(status: Status, manifest: Manifest): Problem[] {
  const causes = status.details?.causes?.filter((cause) => cause.field && cause.field !== '<nil>') ?? [];
  if (causes.length === 0) {
    return [{ ...spanAt(manifest, ['kind']), severity: 'error', message: status.message ?? 'refused' }];
  }
  return causes.map((cause) => ({
    ...spanAt(manifest, fieldPath(cause.field!)),
    severity: 'error',
    message: `${cause.field}: ${cause.message ?? status.message ?? 'refused'}`,
  }));
}

/** `spec.containers[0].env[name=A].value`, `metadata.labels[app.kubernetes.io/name]` → path. */
export function fieldPath(field: string): Path {
  return [...field.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([whole, inner]) => {
    if (inner === undefined) return whole;
    return /^\d+$/.test(inner) ? Number(inner) : inner;
  });
}
