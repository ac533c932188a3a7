/** `kubectl rollout undo` of Deployments: the pod template of an earlier ReplicaSet. */
import type { Command } from '../command.ts';
import { DRY_RUN_FLAG, dryRunOf } from '../dry-run.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import { patchObject } from '../patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';
import { replicaSetsOf, REVISION, revisionOf, sameTemplate, withoutHash } from './replicasets.ts';

/** Annotations that belong to the Deployment and are not rolled back. */
const KEPT = [
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.revision',
];

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
      const deployment = info.object;
      if (info.mapping.kind !== 'Deployment')
        throw new CommandError(
          `no rollbacker has been implemented for ${JSON.stringify(`${info.mapping.kind}.${info.mapping.group}`)}`,
        );
      if (deployment.spec.paused)
        throw new CommandError(
          `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
        );
      const { all } = await replicaSetsOf(invocation, deployment);
      const byRevision = all
        .filter((set) => revisionOf(set) > 0)
        .sort((a, b) => revisionOf(b) - revisionOf(a));
      const target = wanted > 0 ? byRevision.find((set) => revisionOf(set) === wanted) : byRevision[1];
      if (!target)
        throw new CommandError(
          wanted > 0
            ? `unable to find specified revision ${wanted} in history`
            : `no rollout history found for deployment ${JSON.stringify(info.name)}`,
        );
      if (sameTemplate(target.spec.template, deployment.spec.template)) {
        await printer.print(
          deployment,
          `skipped rollback (current template already matches revision ${revisionOf(target)})`,
        );
        continue;
      }
      const annotations: Record<string, string> = {};
      for (const key of KEPT) {
        const value = deployment.metadata.annotations?.[key];
        if (value !== undefined) annotations[key] = value;
      }
      for (const [key, value] of Object.entries(target.metadata.annotations ?? {}))
        if (!KEPT.includes(key)) annotations[key] = value;
      let object = deployment;
      if (dryRun !== 'client')
        object = await patchObject(
          invocation,
          info,
          [
            { op: 'replace', path: '/spec/template', value: withoutHash(target.spec.template) },
            { op: 'replace', path: '/metadata/annotations', value: annotations },
          ],
          'application/json-patch+json',
          { dryRun },
        );
      await printer.print(object, 'rolled back');
    }
  },
};
