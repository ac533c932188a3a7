/** `kubectl rollout history` of Deployments; other kinds keep theirs in ControllerRevisions and are refused. */
import type { Command } from '../command.ts';
import { groupKind } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';
import { DESCRIPTION, layOut } from '../tab-writer.ts';
import { Description } from '../describe/description.ts';
import { describePodTemplate } from '../describe/pod-template.ts';
import { OUTPUT_FLAGS, outputPrinter } from '../printers/output.ts';
import { CHANGE_CAUSE, replicaSetsOf, revisionOf } from './replicasets.ts';

export const command: Command = {
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'View rollout history',
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to look at.'),
    SELECTOR_FLAG,
    flag('revision', 0, 'Show this revision with its pod template.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const files = filenamesOf(invocation);
    if (args.length === 0 && files.filenames.length === 0)
      throw new CommandError('required resource not specified');
    const revision = flags.int('revision');
    if (revision < 0) throw new CommandError(`revision must be a positive integer: ${revision}`);
    const infos = await findAll(invocation, {
      args,
      ...files,
      labelSelector: flags.string('selector'),
      latest: true,
    });
    for (const info of infos) {
      if (info.mapping.kind !== 'Deployment')
        throw new CommandError(
          `no history viewer has been implemented for ${JSON.stringify(`${info.mapping.kind}.${info.mapping.group}`)}`,
        );
      const { all } = await replicaSetsOf(invocation, info.object);
      const byRevision = all
        .filter((set) => revisionOf(set) > 0)
        .sort((a, b) => revisionOf(a) - revisionOf(b));
      const title = `${groupKind(info.mapping)}/${info.name}`;
      const printer = await outputPrinter(invocation);
      if (revision === 0 && !printer) {
        const rows = byRevision.map((set) => [
          String(revisionOf(set)),
          set.metadata.annotations?.[CHANGE_CAUSE] ?? '<none>',
        ]);
        const text =
          rows.length === 0
            ? `No rollout history found.`
            : layOut([['REVISION', 'CHANGE-CAUSE'], ...rows], DESCRIPTION);
        await invocation.print(`${title} \n${text}\n`);
        continue;
      }
      const found =
        revision === 0 ? byRevision.at(-1) : byRevision.find((set) => revisionOf(set) === revision);
      if (!found) throw new CommandError('unable to find the specified revision');
      if (printer) {
        await invocation.print(printer(found));
        continue;
      }
      const description = new Description(invocation, false, { tabs: true });
      const cause = found.metadata.annotations?.[CHANGE_CAUSE];
      const { metadata = {}, spec } = found.spec.template;
      const annotations = cause ? { ...metadata.annotations, [CHANGE_CAUSE]: cause } : metadata.annotations;
      describePodTemplate(description, {
        metadata: { ...metadata, ...(annotations ? { annotations } : {}) },
        spec,
      });
      await invocation.print(`${title} with revision #${revision}\n${description.toString()}\n`);
    }
  },
};
