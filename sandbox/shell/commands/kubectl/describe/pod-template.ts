/** The pod template of a workload. */
import { formatLabelSelector } from '../../../../cluster/api/labels.ts';
import { describeContainers } from './containers.ts';
import type { Description } from './description.ts';
import { describeVolumes } from './volumes.ts';

type Json = Record<string, any>;

export function describePodTemplate(description: Description, template: Json): void {
  description.line(0, 'Pod Template:');
  const { metadata = {}, spec = {} } = template;
  description.labels('  Labels', metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0)
    description.annotations('  Annotations', metadata.annotations);
  if (spec.serviceAccountName) description.field('Service Account', spec.serviceAccountName, 1);
  const where = { space: '  ' };
  if (spec.initContainers?.length)
    describeContainers(description, 'Init Containers', spec.initContainers, undefined, where);
  describeContainers(description, 'Containers', spec.containers ?? [], undefined, where);
  describeVolumes(description, spec.volumes, '  ');
  describeTopologySpread(description, spec.topologySpreadConstraints, '  ');
  if (spec.priorityClassName) description.field('Priority Class Name', spec.priorityClassName, 1);
  description.labels('  Node-Selectors', spec.nodeSelector);
  describeTolerations(description, spec.tolerations, '  ');
}

export function describeTopologySpread(
  description: Description,
  constraints: readonly Json[] | undefined,
  space: string,
): void {
  const sorted = [...(constraints ?? [])].sort((a, b) => (a['topologyKey'] < b['topologyKey'] ? -1 : 1));
  sorted.forEach(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, at) => {
    const start = at === 0 ? `${space}Topology Spread Constraints:\t` : `${space}\t`;
    const selector = labelSelector ? ` for selector ${formatLabelSelector(labelSelector)}` : '';
    description.line(
      0,
      `${start}${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`,
    );
  });
}

export function describeTolerations(
  description: Description,
  tolerations: readonly Json[] | undefined,
  space: string,
): void {
  const title = `${space}Tolerations:`;
  if (!tolerations?.length) return description.line(0, `${title}\t<none>`);
  const sorted = [...tolerations].sort((a, b) => ((a['key'] ?? '') < (b['key'] ?? '') ? -1 : 1));
  sorted.forEach(({ key = '', value = '', effect = '', operator, tolerationSeconds }, at) => {
    let text = key;
    if (value) text += `=${value}`;
    if (effect) text += `:${effect}`;
    if (operator === 'Exists' && !value) text += key || effect ? ' op=Exists' : 'op=Exists';
    if (tolerationSeconds !== undefined) text += ` for ${tolerationSeconds}s`;
    description.line(0, `${at === 0 ? title : ''}\t${text}`);
  });
}
