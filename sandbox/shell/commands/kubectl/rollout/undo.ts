/** `kubectl rollout undo`: the pod template of an earlier revision. */
import type { Command } from '../command.ts';
import { DRY_RUN_FLAG, dryRunOf } from '../dry-run.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { patchObject } from '../patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';
import { templateText } from './history.ts';
import { revisionsOf } from './revisions.ts';

export const command: Command = {
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'Undo a previous rollout',
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to roll back.'),
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    flag('to-revision', 0, 'The revision to go back to; 0 is the one before.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const files = filenamesOf(invocation);
    if (args.length === 0 && files.filenames.length === 0)
      throw new CommandError('required resource not specified');
    const wanted = flags.int('to-revision');
    if (wanted < 0) throw new CommandError(`revision must be a positive integer: ${wanted}`);
    const dryRun = await dryRunOf(invocation);
    const printer = await ResultPrinter.create(invocation, dryRun);
    const infos = await findAll(invocation, {
      args,
      ...files,
      labelSelector: flags.string('selector'),
      latest: true,
    });
    for (const info of infos) {
      const revisions = await revisionsOf(invocation, info, 'rollbacker');
      const target = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
      if (!target)
        throw new CommandError(
          wanted > 0
            ? `unable to find specified revision ${wanted} in history`
            : info.mapping.kind === 'Deployment'
              ? `no rollout history found for deployment ${JSON.stringify(info.name)}`
              : 'no last revision to roll back to',
        );
      if (dryRun === 'client') {
        const text = templateText(invocation, target);
        await printer.print(
          info.object,
          info.mapping.kind === 'Deployment' ? text : `will roll back to ${text}`,
        );
        continue;
      }
      if (info.object.spec.paused)
        throw new CommandError(
          `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
        );
      if (target.isCurrent) {
        await printer.print(
          info.object,
          `skipped rollback (current template already matches revision ${wanted})`,
        );
        continue;
      }
      const object = await patchObject(invocation, info, target.patch, target.contentType, { dryRun });
      await printer.print(object, 'rolled back');
    }
  },
};
