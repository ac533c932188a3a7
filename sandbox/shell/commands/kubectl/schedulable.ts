/** `kubectl cordon` and `kubectl uncordon` (`kubectl/pkg/cmd/drain`). */
import type { Command } from './command.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunSuffix } from './dry-run.ts';
import type { Invocation } from './invocation.ts';
import { changeObject } from './patching.ts';
import type { DryRun } from './printers/output.ts';
import { findAll, type Info } from './resource-builder.ts';
import { SELECTOR_FLAG } from './selection-flags.ts';

export function schedulableCommand(verb: 'cordon' | 'uncordon'): Command {
  const unschedulable = verb === 'cordon';
  return {
    use: 'NODE',
    short: `Mark node as ${unschedulable ? 'unschedulable' : 'schedulable'}`,
    flags: [DRY_RUN_FLAG, SELECTOR_FLAG],
    run: async (invocation) => {
      const { flags, args } = invocation;
      const selector = flags.string('selector');
      if (args.length === 0 && !selector) throw invocation.usage(`USAGE: ${verb} NODE [flags]`);
      if (args.length > 0 && selector)
        throw invocation.usage('cannot specify both a node name and a --selector option');
      const dryRun = await dryRunOf(invocation);
      const infos = await findAll(invocation, {
        args: ['nodes', ...args],
        labelSelector: selector,
        continueOnError: true,
      });
      for (const info of infos) await setSchedulable(invocation, info, verb, dryRun);
    },
  };
}

export async function setSchedulable(
  invocation: Invocation,
  info: Info,
  verb: 'cordon' | 'uncordon',
  dryRun: DryRun,
): Promise<void> {
  const unschedulable = verb === 'cordon';
  const already = Boolean(info.object.spec.unschedulable) === unschedulable;
  if (!already)
    await changeObject(invocation, info, dryRun, (copy) => {
      copy.spec.unschedulable = unschedulable;
    });
  await invocation.print(`node/${info.name} ${already ? 'already ' : ''}${verb}ed${dryRunSuffix(dryRun)}\n`);
}
