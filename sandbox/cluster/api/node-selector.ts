/** Node selector terms, as node affinity and volumes use them (`component-helpers/scheduling/corev1/nodeaffinity`). */
import type { ObjectMeta } from './object.ts';

export interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}

export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}

/** A node as far as selectors see it. */
export interface SelectableNode {
  metadata: Pick<ObjectMeta, 'name' | 'labels'>;
}

/** What a pod requires of its node. */
export interface PlacementSpec {
  nodeSelector?: Record<string, string>;
  affinity?: { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector } };
}

/** Whether one of the terms matches; no term matches nothing. */
export function matchesNodeSelector({ nodeSelectorTerms }: NodeSelector, node: SelectableNode): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Whether all expressions of the term match; an empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((each) => matchesValue(each, node.metadata.labels?.[each.key])) &&
    matchFields.every((each) => each.key === 'metadata.name' && matchesValue(each, node.metadata.name))
  );
}

function matchesValue(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && /^-?[0-9]+$/.test(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && /^-?[0-9]+$/.test(value) && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether the node has what the pod requires by `nodeSelector` and by node affinity. */
export function matchesRequired(spec: PlacementSpec, node: SelectableNode): boolean {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesNodeSelector(required, node);
}
