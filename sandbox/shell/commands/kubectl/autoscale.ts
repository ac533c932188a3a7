/** `kubectl autoscale` (`kubectl/pkg/cmd/autoscale`): creates a HorizontalPodAutoscaler for what can be scaled. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { createGenerated, requireFlags } from './create/generator.ts';
import type { Command } from './command.ts';
import { apiVersionOf } from './discovery.ts';
import { DRY_RUN_FLAG, FIELD_MANAGER } from './dry-run.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { OUTPUT_FLAGS } from './printers/output.ts';
import { findAll } from './resource-builder.ts';
import { filenameFlags, filenamesOf } from './selection-flags.ts';

export const command: Command = {
  use: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  examples: [
    ['Two to ten pods, as the default policy says', 'kubectl autoscale deployment foo --min=2 --max=10'],
    [
      'At most five, at 80% of the CPU that they request',
      'kubectl autoscale deployment foo --max=5 --cpu=80%',
    ],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to scale.'),
    DRY_RUN_FLAG,
    FIELD_MANAGER('kubectl-autoscale'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
    flag('min', -1, 'The least number of pods; the server has a default.'),
    flag('max', -1, 'The greatest number of pods. Required.'),
    flag('cpu', '', 'Target of CPU: a percentage of the request (70%) or a quantity (500m).'),
    flag('memory', '', 'Target of memory: a percentage of the request (60%) or a quantity (200Mi).'),
    flag('cpu-percent', -1, 'Deprecated: use --cpu.'),
    flag('name', '', 'Name of the autoscaler; else that of what it scales.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    if (flags.changed('cpu-percent'))
      await invocation.printError(
        "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n",
      );
    requireFlags(invocation, ['max']);
    const [min, max] = [flags.int('min'), flags.int('max')];
    if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min)
      throw new CommandError(
        `--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`,
      );
    const percent = flags.int('cpu-percent');
    const metrics = [
      ...metricsOf('cpu', flags.string('cpu') || (percent >= 0 ? `${percent}%` : '')),
      ...metricsOf('memory', flags.string('memory')),
    ];
    const infos = await findAll(invocation, {
      args,
      ...filenamesOf(invocation),
      requireName: true,
      continueOnError: true,
      latest: true,
    });
    for (const { mapping, name } of infos) {
      if (!mapping.subresources.includes('scale'))
        throw new CommandError(
          `cannot autoscale a ${mapping.kind}: could not find scale subresource for ${mapping.group}/${mapping.version}, Resource=${mapping.resource} in discovery information`,
        );
      const autoscaler: KubernetesObject = {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: flags.string('name') || name },
        spec: {
          maxReplicas: max,
          ...(metrics.length > 0 ? { metrics } : {}),
          ...(min > 0 ? { minReplicas: min } : {}),
          scaleTargetRef: { apiVersion: apiVersionOf(mapping), kind: mapping.kind, name },
        },
        status: { currentMetrics: null, desiredReplicas: 0 },
      };
      await createGenerated(invocation, autoscaler, { operation: 'autoscaled' });
    }
  },
};

/** `70%` is a part of what pods request, anything else a quantity for each. */
function metricsOf(name: string, text: string): object[] {
  if (!text) return [];
  const percent = /^(\d+)%$/.exec(text)?.[1];
  if (percent === undefined && text.endsWith('%'))
    throw new CommandError(`invalid ${name} percentage: ${text}`);
  const target =
    percent === undefined
      ? { averageValue: text, type: 'AverageValue' }
      : { averageUtilization: Number(percent), type: 'Utilization' };
  return [{ type: 'Resource', resource: { name, target } }];
}
