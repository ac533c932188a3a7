/** `kubectl scale` (`kubectl/pkg/cmd/scale`): through the scale subresource. */
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { resourcePath } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf } from './dry-run.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import { patchObject } from './patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { requireFlags } from './create/generator.ts';
import { find } from './resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from './selection-flags.ts';
import { JSON_MERGE } from './three-way-patch.ts';

export const command: Command = {
  use: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  examples: [
    ['Three replicas', 'kubectl scale --replicas=3 deployment/web'],
    ['Only if there are two now', 'kubectl scale --current-replicas=2 --replicas=3 deployment/web'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to scale.'),
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    flag('all', false, 'Every resource of the types, in the namespace.'),
    flag('current-replicas', -1, 'Scale only when there are so many now.'),
    flag('replicas', 0, 'The new number of replicas.'),
    flag('resource-version', '', 'Scale only when the resource version is this.'),
    flag('timeout', 0, 'How long to wait for the new size; zero does not wait.', {
      kind: 'duration',
      shown: '0s',
    }),
  ],
  run: async (invocation) => {
    requireFlags(invocation, ['replicas']);
    const { flags, args, api, process } = invocation;
    const replicas = flags.int('replicas');
    if (replicas < 0)
      throw new CommandError(
        'The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
      );
    const dryRun = await dryRunOf(invocation);
    const printer = await ResultPrinter.create(invocation, dryRun);
    const { infos, errors } = await find(invocation, {
      args,
      ...filenamesOf(invocation),
      labelSelector: flags.string('selector'),
      all: flags.bool('all'),
      requireName: true,
      continueOnError: true,
      latest: true,
    });
    const failures = [...errors];
    for (const info of infos) {
      try {
        if (!info.mapping.subresources.includes('scale'))
          throw new StatusError('NotFound', 'the server could not find the requested resource');
        const current = info.object.spec?.replicas ?? 1;
        const wanted = flags.int('current-replicas');
        if (wanted >= 0 && current !== wanted)
          throw new CommandError(`Expected replicas to be ${wanted}, was ${current}`);
        const version = flags.string('resource-version');
        if (version && info.object.metadata.resourceVersion !== version)
          throw new CommandError(
            `Expected resource version to be ${version}, was ${info.object.metadata.resourceVersion}`,
          );
        if (dryRun !== 'client')
          await patchObject(invocation, info, { spec: { replicas } }, JSON_MERGE, {
            dryRun,
            subresource: 'scale',
          });
        const path = resourcePath(info.mapping, info.namespace, info.name);
        const deadline = invocation.now() + flags.duration('timeout');
        while (flags.duration('timeout') > 0 && dryRun === 'none') {
          const scale = await api.get(`${path}/scale`);
          if (scale.status?.replicas === replicas) break;
          if (invocation.now() >= deadline) throw new CommandError('timed out waiting for the condition');
          await process.sleep(500);
        }
        await printer.print(printer.printsObjects ? await api.get(path) : info.object, 'scaled');
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
        failures.push(error);
      }
    }
    throwAll(failures);
    if (infos.length === 0) throw new CommandError('no objects passed to scale');
  },
};
