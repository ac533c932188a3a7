/** Rows of role bindings; roles show their name and when they were made. */
import { age, type Cell, type CellsOf } from './table.ts';

const subjects = (object: any, kind: string): string[] =>
  (object.subjects ?? [])
    .filter((each: any) => each.kind === kind)
    .map((each: any) => (kind === 'ServiceAccount' ? `${each.namespace ?? ''}/${each.name}` : each.name));

const binding: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  `${object.roleRef?.kind}/${object.roleRef?.name}`,
  age(object, context),
  subjects(object, 'User').join(', '),
  subjects(object, 'Group').join(', '),
  subjects(object, 'ServiceAccount').join(', '),
];

export const rbacCells: Record<string, CellsOf> = {
  'rbac.authorization.k8s.io/rolebindings': binding,
  'rbac.authorization.k8s.io/clusterrolebindings': binding,
};
