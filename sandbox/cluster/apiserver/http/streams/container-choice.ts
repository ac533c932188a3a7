/** Which container of a pod a request for logs, exec or attach is about. */
import type { KubernetesObject } from '../../../api/object.ts';
import { StatusError } from '../../../api/status.ts';

/** Throws BadRequest when the request has to say more, or says something wrong. */
export function containerOf({ metadata, spec }: KubernetesObject, asked: string | null): string {
  const names = (containers: any[] | undefined): string[] => (containers ?? []).map(({ name }) => name);
  const containers = names(spec.containers);
  const initContainers = names(spec.initContainers);
  const ephemeral = names(spec.ephemeralContainers);
  if (asked) {
    if ([...containers, ...initContainers, ...ephemeral].includes(asked)) return asked;
    throw new StatusError('BadRequest', `container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (containers.length === 1) return containers[0]!;
  const init =
    initContainers.length > 0 ? ` or one of the init containers: [${initContainers.join(' ')}]` : '';
  throw new StatusError(
    'BadRequest',
    `a container name must be specified for pod ${metadata.name}, choose one of: [${containers.join(' ')}]${init}`,
  );
}
