/** Deleting objects and waiting until they are gone (`kubectl/pkg/cmd/wait/delete.go`). */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError, type Status } from '../../../cluster/api/status.ts';
import { resourcePath } from './discovery.ts';
import { CommandError } from './errors.ts';
import type { Invocation } from './invocation.ts';
import type { Info } from './resource-builder.ts';

export interface DeletionOptions {
  path?: string;
  /** Below zero: the object's own. */
  gracePeriodSeconds?: number;
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan';
  dryRun?: boolean;
}

/** Asks the server to delete. Returns the uid of what is being deleted, if the server said. */
export async function deleteObject(
  invocation: Invocation,
  info: Info,
  options: DeletionOptions,
): Promise<string | undefined> {
  const { gracePeriodSeconds = -1, propagationPolicy, dryRun } = options;
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds >= 0 ? { gracePeriodSeconds } : {}),
    propagationPolicy,
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
  const path = options.path ?? resourcePath(info.mapping, info.namespace, info.name);
  const answer = await invocation.api.request<Status | KubernetesObject>('DELETE', path, { body });
  return answer.kind === 'Status' ? (answer as Status).details?.uid : answer.metadata.uid;
}

/**
 * Resolves once the object with this uid (or of this name, without one) is gone; false after the timeout.
 */
export async function untilDeleted(
  invocation: Invocation,
  info: Info,
  uid: string | undefined,
  timeoutMs: number,
): Promise<boolean> {
  const { api } = invocation;
  const clock = invocation.process.machine.clock;
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    let object: KubernetesObject;
    let resourceVersion: string | undefined;
    const path = resourcePath(info.mapping, info.namespace);
    const fieldSelector = `metadata.name=${info.name}`;
    const list = await api.get(path, { fieldSelector }).catch((error: unknown) => {
      if (error instanceof StatusError && error.reason === 'NotFound') return { items: [], metadata: {} };
      throw error;
    });
    if (list.items.length === 0) return true;
    object = list.items[0];
    resourceVersion = list.metadata.resourceVersion;
    if (uid && object.metadata.uid !== uid) return true;
    const remainingMs = deadline - clock.now();
    if (remainingMs <= 0) return false;
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(new Error('timed out')), remainingMs);
    try {
      for await (const event of api.watch(
        path,
        { fieldSelector, resourceVersion },
        undefined,
        abort.signal,
      )) {
        if (event.type === 'ERROR') break;
        if (event.type === 'DELETED' && event.object.metadata.name === info.name) return true;
      }
    } finally {
      timer.dispose();
    }
    if (abort.signal.aborted) return false;
  }
}

const WEEK_MS = 168 * 3600 * 1000;

/** Deletes and waits as long as it takes. */
export async function deleteAndWait(
  invocation: Invocation,
  info: Info,
  options: DeletionOptions,
): Promise<void> {
  const uid = await deleteObject(invocation, info, options);
  await untilDeleted(invocation, info, uid, WEEK_MS);
}

/** `--cascade`: background, orphan or foreground; a bool of older versions is refused with its reason. */
export function propagationPolicyOf(cascade: string): DeletionOptions['propagationPolicy'] {
  switch (cascade) {
    case 'background':
    case 'true':
      return 'Background';
    case 'foreground':
      return 'Foreground';
    case 'orphan':
    case 'false':
      return 'Orphan';
  }
  throw new CommandError(
    `invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`,
  );
}
