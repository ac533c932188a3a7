/**
 * `kubectl apply --server-side`: the server merges. An object that client-side apply made is brought over: its
 * annotation is kept by a manager of its own, and what client-side apply owned passes to this one.
 */
import { LAST_APPLIED } from '../../../../cluster/api/last-applied.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import { resourcePath } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Info } from '../resource-builder.ts';
import { ownsAnnotation, upgradePatch } from './managed-fields-upgrade.ts';

export const SERVER_SIDE_MANAGER = 'kubectl';
const ANNOTATION_MANAGER = 'kubectl-last-applied';
const APPLY_PATCH = 'application/apply-patch+yaml';
/** Conflicts of the upgrade with other writers are tried again so often. */
const MAX_RETRIES = 5;

const CONFLICT_ADVICE = `
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

type Query = Record<string, string | boolean | undefined>;

/** @param query of the request: manager, dry run, validation. */
export async function applyServerSide(
  invocation: Invocation,
  info: Info,
  query: Query,
): Promise<KubernetesObject> {
  const { flags, api } = invocation;
  const path = resourcePath(info.mapping, info.namespace, info.name, flags.string('subresource'));
  const apply = (own: Query, body: unknown) =>
    api.request<KubernetesObject>('PATCH', path, {
      query: { ...query, ...own },
      contentType: APPLY_PATCH,
      body,
    });
  const force = flags.bool('force-conflicts');
  let object: KubernetesObject;
  try {
    object = await apply({ force }, info.object);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'Conflict')
      throw new CommandError(`${error.message}${CONFLICT_ADVICE}`);
    throw error;
  }
  const { metadata } = object;
  const annotation = metadata.annotations?.[LAST_APPLIED];
  const entries = metadata.managedFields ?? [];
  if (
    query['fieldManager'] === SERVER_SIDE_MANAGER &&
    annotation !== undefined &&
    !entries.some((entry) => ownsAnnotation(entry, 'Apply'))
  )
    object = await apply(
      { fieldManager: ANNOTATION_MANAGER },
      {
        apiVersion: object.apiVersion,
        kind: object.kind,
        metadata: {
          name: metadata.name,
          ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
          annotations: { [LAST_APPLIED]: annotation },
        },
      },
    );
  for (let retry = 0; ; retry++) {
    const patch = upgradePatch(object, String(query['fieldManager']));
    if (!patch) return object;
    try {
      await api.request('PATCH', path, { query, contentType: 'application/json-patch+json', body: patch });
      // Once more, so that what the file no longer names goes.
      return await apply({ force }, info.object);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'Conflict' || retry >= MAX_RETRIES) throw error;
      object = await api.get<KubernetesObject>(path);
    }
  }
}
