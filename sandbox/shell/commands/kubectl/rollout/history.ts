/** `kubectl rollout history`. */
import type { Command } from '../command.ts';
import { groupKind } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';
import { DESCRIPTION, layOut } from '../tab-writer.ts';
import { Description } from '../describe/description.ts';
import { describePodTemplate } from '../describe/pod-template.ts';
import { OUTPUT_FLAGS, outputPrinter } from '../printers/output.ts';
import { CHANGE_CAUSE } from './replicasets.ts';
import { revisionsOf, type Revision } from './revisions.ts';

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
      const revisions = await revisionsOf(invocation, info, 'history viewer');
      const title = `${groupKind(info.mapping)}/${info.name}`;
      const printer = await outputPrinter(invocation);
      if (revision === 0 && !printer) {
        const rows = revisions.map(({ number, changeCause }) => [String(number), changeCause || '<none>']);
        const text =
          rows.length === 0
            ? `No rollout history found.`
            : layOut([['REVISION', 'CHANGE-CAUSE'], ...rows], DESCRIPTION);
        await invocation.print(`${title} \n${text}\n`);
        continue;
      }
      const found = revision === 0 ? revisions.at(-1) : revisions.find(({ number }) => number === revision);
      if (!found) throw new CommandError('unable to find the specified revision');
      await invocation.print(
        printer
          ? printer(found.object)
          : `${title} with revision #${revision}\n${templateText(invocation, info.mapping.kind === 'Deployment' ? withChangeCause(found) : found)}\n`,
      );
    }
  },
};

/** A revision's pod template as `describe` shows it. */
export function templateText(invocation: Invocation, { template }: Revision): string {
  const description = new Description(invocation, false, { tabs: true });
  describePodTemplate(description, template);
  return description.toString();
}

/** As the history of a Deployment shows it: the cause among the template's own annotations. */
function withChangeCause(revision: Revision): Revision {
  const { changeCause, template } = revision;
  if (!changeCause) return revision;
  const annotations = { ...template.metadata?.annotations, [CHANGE_CAUSE]: changeCause };
  return { ...revision, template: { ...template, metadata: { ...template.metadata, annotations } } };
}
