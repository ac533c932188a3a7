/**
 * Lists of the generic registry: what a client gets by `limit`, `continue`, `resourceVersion` and
 * `resourceVersionMatch` (`storage/cacher` with `etcd3/store.go`).
 */
import { keyOf, type KubernetesObject, type ObjectList } from '../../api/object.ts';
import { apiVersionOf } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { Selection } from '../storage/selection.ts';
import { RevisionCompacted } from '../storage/store.ts';
import { expired } from '../storage/watch-hub.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { fromStorage, storageOf } from './conversion.ts';
import { isRevision, revisionProblem, tooLarge } from './revision.ts';
import type { RequestContext } from './strategy.ts';

/** What is listed: at a revision, from a key on. */
interface Range {
  revision: number;
  /** Undefined: from the beginning. */
  from: string | undefined;
}

export function listObjects(context: RequestContext): ObjectList {
  const { request, resource, options, store } = context;
  const { space } = storageOf(resource);
  const selection = Selection.of(request, resource);
  const { prefix } = selection;
  const { revision, from } = rangeOf(context, prefix);
  let objects: KubernetesObject[];
  try {
    objects = store.list(space, prefix, revision);
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    throw from === undefined
      ? expired('The resourceVersion for the provided list is too old.')
      : continuationExpired(from.slice(prefix.length));
  }
  if (from !== undefined) {
    const at = objects.findIndex((object) => keyOf(object) >= from);
    objects = at < 0 ? [] : objects.slice(at);
  }
  const metadata: ObjectList['metadata'] = { resourceVersion: String(revision) };
  // What is asked of the cache at any age comes whole.
  const limit = options.resourceVersion === '0' ? 0 : (options.limit ?? 0);
  const items: KubernetesObject[] = [];
  let read = 0;
  for (const object of objects) {
    if (limit > 0 && items.length === limit) break;
    read++;
    if (selection.whole || selection.matches(object)) items.push(object);
  }
  if (read < objects.length) {
    // Behind the last one that was read: the next key may be deleted by then, and this one too.
    const start = `${keyOf(objects[read - 1]!).slice(prefix.length)}\0`;
    metadata.continue = encodeContinue({ revision, start });
    if (selection.whole) metadata.remainingItemCount = objects.length - read;
  }
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource.group, resource.version),
    metadata,
    items: items.map((object) => fromStorage(object, resource)),
  };
}

function rangeOf({ options, store }: RequestContext, prefix: string): Range {
  const { resourceVersion, resourceVersionMatch, limit } = options;
  const current = store.revision;
  if (resourceVersion && !isRevision(resourceVersion))
    throw new StatusError('BadRequest', `invalid resource version: ${revisionProblem(resourceVersion)}`);
  if (options.continue) {
    const { revision, start } = decodeContinue(options.continue);
    if (resourceVersion && resourceVersion !== '0')
      throw new StatusError('BadRequest', 'specifying resource version is not allowed when using continue');
    if (revision > current) throw tooLarge(revision, current);
    return { revision: revision < 0 ? current : revision, from: prefix + start };
  }
  if (!resourceVersion || resourceVersion === '0') return { revision: current, from: undefined };
  const asked = Number(resourceVersion);
  if (asked > current) throw tooLarge(resourceVersion, current);
  // A first chunk at a revision is one of the list as it was then, as it has always been.
  const exact = resourceVersionMatch ? resourceVersionMatch === 'Exact' : limit !== undefined && limit > 0;
  return { revision: exact ? asked : current, from: undefined };
}

/** The rest can still be had, though not as it was. */
function continuationExpired(start: string): StatusError {
  const error = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  error.status.metadata = {
    continue: encodeContinue({ revision: -1, start }),
  } as StatusError['status']['metadata'];
  return error;
}
