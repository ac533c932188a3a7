/** PersistentVolumeClaims (`pkg/registry/core/persistentvolumeclaim`): the two fields that name a data source agree. */
import type { Strategy } from '../strategy.ts';

export const persistentvolumeclaims: Strategy = {
  returnDeleted: true,
  prepareForCreate(draft) {
    const { dataSource, dataSourceRef, ...spec } = draft.spec ?? {};
    // The older field knows two kinds and drops the others in silence; what the newer one names is validated.
    const old = dataSource && isDataSource(dataSource) ? withGroup(dataSource) : undefined;
    if (!dataSource && !dataSourceRef) return;
    const reference = dataSourceRef ? withGroup(dataSourceRef) : old;
    const source = old ?? (dataSourceRef?.namespace ? undefined : reference);
    draft.spec = {
      ...spec,
      ...(source ? { dataSource: source } : {}),
      ...(reference ? { dataSourceRef: reference } : {}),
    };
  },
};

/** The group is told also where it is the core's. */
const withGroup = <T extends { apiGroup?: string | null }>(source: T): T => ({
  ...source,
  apiGroup: source.apiGroup ?? null,
});

const isDataSource = ({ apiGroup, kind }: { apiGroup?: string; kind: string }): boolean =>
  (kind === 'PersistentVolumeClaim' && !apiGroup) ||
  (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io');
