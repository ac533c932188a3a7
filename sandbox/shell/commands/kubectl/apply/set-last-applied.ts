/** `kubectl apply set-last-applied`: writes the annotation of client-side apply, and nothing else. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Command } from '../command.ts';
import { resourcePath } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf } from '../dry-run.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import { patchObject } from '../patching.ts';
import { toCompactJson } from '../printers/json.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { findAll, type Info } from '../resource-builder.ts';
import { JSON_MERGE } from '../three-way-patch.ts';

export const command: Command = {
  use: '-f FILENAME',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  examples: [['As if deploy.yaml had been applied', 'kubectl apply set-last-applied -f deploy.yaml']],
  flags: [
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    flag('create-annotation', false, 'Also for objects that have no such annotation.'),
    flag('filename,f', [], 'File or directory with the configuration.', { kind: 'strings' }),
  ],
  run: async (invocation) => {
    const { flags, api } = invocation;
    const dryRun = await dryRunOf(invocation);
    const printer = await ResultPrinter.create(invocation, dryRun);
    const infos = await findAll(invocation, { args: [], filenames: flags.list('filename') });
    const changes: { info: Info; live: KubernetesObject; text: string }[] = [];
    for (const info of infos) {
      const text = `${toCompactJson(info.object)}\n`;
      const live = await api.get<KubernetesObject>(resourcePath(info.mapping, info.namespace, info.name));
      const before = live.metadata.annotations?.[LAST_APPLIED];
      if (before === undefined && !flags.bool('create-annotation'))
        throw new CommandError(
          `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
        );
      if (before?.trim() !== text.trim()) changes.push({ info, live, text });
      else await invocation.print(`set-last-applied ${info.name}: no changes required.\n`);
    }
    for (const { info, live, text } of changes) {
      const patch = { metadata: { annotations: { [LAST_APPLIED]: text } } };
      const object =
        dryRun === 'client' ? live : await patchObject(invocation, info, patch, JSON_MERGE, { dryRun });
      await printer.print(object, 'configured');
    }
  },
};
