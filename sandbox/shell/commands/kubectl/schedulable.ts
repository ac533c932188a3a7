/** `kubectl cordon` and `kubectl uncordon` (`kubectl/pkg/cmd/drain`). */
import type { Command } from './command.ts';
import { DRY_RUN_FLAG, dryRunOf } from './dry-run.ts';
import { CommandError } from './errors.ts';
import { changeObject } from './patching.ts';
import { findAll } from './resource-builder.ts';
import { SELECTOR_FLAG } from './selection-flags.ts';

export function schedulableCommand(verb: 'cordon' | 'uncordon'): Command {
  const unschedulable = verb === 'cordon';
  const word = `${verb}ed`;
  return {
    use: 'NODE',
    short: `Mark node as ${unschedulable ? 'unschedulable' : 'schedulable'}`,
    flags: [DRY_RUN_FLAG, SELECTOR_FLAG],
    run: async (invocation) => {
      const { flags, args } = invocation;
      const selector = flags.string('selector');
      if (args.length === 0 && !selector) throw invocation.usage(`USAGE: ${verb} NODE [flags]`);
      if (args.length > 0 && selector)
        throw new CommandError(`error: cannot specify both a node name and a --selector option`);
      const dryRun = await dryRunOf(invocation);
      const infos = await findAll(invocation, {
        args: ['nodes', ...args],
        labelSelector: selector,
        continueOnError: true,
      });
      for (const info of infos) {
        const suffix = dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
        if (Boolean(info.object.spec.unschedulable) === unschedulable) {
          await invocation.print(`node/${info.name} already ${word}${suffix}\n`);
          continue;
        }
        await changeObject(invocation, info, dryRun, (copy) => {
          copy.spec.unschedulable = unschedulable;
        });
        await invocation.print(`node/${info.name} ${word}${suffix}\n`);
      }
    },
  };
}
