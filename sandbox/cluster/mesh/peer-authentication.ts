/** Which connections a workload accepts: the PeerAuthentication that is nearest to it says so. */
import type { MutualTlsMode, PeerAuthentication, WorkloadSelector } from './istio-kinds.ts';
import { ROOT_NAMESPACE } from './istio-kinds.ts';

type Mode = Exclude<MutualTlsMode, 'UNSET'>;

/** Where nothing is said. */
const DEFAULT_MODE: Mode = 'PERMISSIVE';

/** Whether a policy's selector means a workload; none means all. */
export const selects = (
  selector: WorkloadSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean => Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);

const isSelective = (selector: WorkloadSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length > 0;

/** The mode of a workload at one of its ports: its own policy, its namespace's, the mesh's; the oldest of each. */
export function mutualTlsMode(
  policies: Iterable<PeerAuthentication>,
  workload: { namespace: string; labels: Readonly<Record<string, string>> },
  port: number,
): Mode {
  const oldest = [...policies].sort((a, b) =>
    (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''),
  );
  const find = (namespace: string, selective: boolean) =>
    oldest.find(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        isSelective(spec?.selector) === selective &&
        selects(spec?.selector, workload.labels),
    )?.spec;
  const own = find(workload.namespace, true);
  const modes = [
    own?.portLevelMtls?.[String(port)]?.mode,
    own?.mtls?.mode,
    find(workload.namespace, false)?.mtls?.mode,
    find(ROOT_NAMESPACE, false)?.mtls?.mode,
  ];
  return modes.find((mode): mode is Mode => mode !== undefined && mode !== 'UNSET') ?? DEFAULT_MODE;
}
