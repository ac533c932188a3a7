/** `kubectl patch` (`kubectl/pkg/cmd/patch`). */
import { applyJsonPatch, deepEqual, type JsonPatchOperation } from '../../../cluster/api/json-patch.ts';
import { applyMergePatch } from '../../../cluster/api/merge-patch.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { isStatus, StatusError } from '../../../cluster/api/status.ts';
import { encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import { readWholeText } from '../../../os/open.ts';
import type { Process } from '../../../os/process.ts';
import type { Command } from './command.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER } from './dry-run.ts';
import { CommandError, lowerFirst, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import { parseYaml } from './manifest.ts';
import { patchObject } from './patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { find } from './resource-builder.ts';
import { filenameFlags, filenamesOf } from './selection-flags.ts';
import { JSON_MERGE, STRATEGIC_MERGE } from './three-way-patch.ts';

/** YAML, or what looks like JSON: when it is none, its bytes are the server's to judge. */
function parsePatch(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (text.trimStart().startsWith('{')) return encode(text);
    throw new CommandError(`unable to parse ${JSON.stringify(text)}: ${(error as Error).message}`);
  }
}

async function readPatch(process: Process, path: string): Promise<string> {
  try {
    return await readWholeText(process, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new CommandError(`unable to read patch file: open ${path}: ${lowerFirst(error.message)}`);
  }
}

const TYPES: Record<string, string> = {
  json: 'application/json-patch+json',
  merge: JSON_MERGE,
  strategic: STRATEGIC_MERGE,
};

export const command: Command = {
  use: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  short: 'Update fields of a resource',
  examples: [
    ['Mark a node unschedulable', `kubectl patch node k8s-node-1 -p '{"spec":{"unschedulable":true}}'`],
    [
      'By JSON patch',
      `kubectl patch pod web --type=json -p '[{"op":"replace","path":"/spec/containers/0/image","value":"nginx:2"}]'`,
    ],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to patch.'),
    DRY_RUN_FLAG,
    FIELD_MANAGER('kubectl-patch'),
    flag('local', false, 'Patch the file only and print it.'),
    flag('patch,p', '', 'The patch, JSON or YAML.'),
    flag('patch-file', '', 'A file with the patch.'),
    flag('subresource', '', 'Subresource to patch (status, scale).'),
    flag('type', 'strategic', 'The kind of patch; one of [json merge strategic]'),
  ],
  run: async (invocation) => {
    const { flags, args, process } = invocation;
    const type = flags.string('type').toLowerCase();
    if (flags.string('patch') && flags.string('patch-file'))
      throw new CommandError('cannot specify --patch and --patch-file together');
    if (!flags.string('patch') && !flags.string('patch-file'))
      throw new CommandError('must specify --patch or --patch-file containing the contents of the patch');
    const contentType = TYPES[type];
    if (!contentType)
      throw new CommandError(
        '--type must be one of [json merge strategic], not ' + JSON.stringify(flags.string('type')),
      );
    const dryRun = await dryRunOf(invocation);
    // Its operation is told without the mark of a dry run, as the real one does.
    const printer = await ResultPrinter.create(invocation, 'none');
    const text = flags.string('patch') || (await readPatch(process, flags.string('patch-file')));
    const patch = parsePatch(text);
    const { infos, errors } = await find(invocation, {
      args,
      ...filenamesOf(invocation),
      requireName: true,
      continueOnError: true,
      latest: true,
      local: flags.bool('local'),
      subresource: flags.string('subresource'),
    });
    const failures = [...errors];
    for (const info of infos) {
      try {
        const before = info.object as KubernetesObject;
        const after = (
          dryRun === 'client' || flags.bool('local')
            ? type === 'json'
              ? applyJsonPatch(before, patch as JsonPatchOperation[])
              : applyMergePatch(before, patch)
            : await patchObject(invocation, info, patch, contentType, {
                dryRun,
                subresource: flags.string('subresource'),
              })
        ) as KubernetesObject;
        await printer.print(after, deepEqual(before, after) ? 'patched (no change)' : 'patched');
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
        const { group, version, kind } = info.mapping;
        failures.push(
          isStatus(error, 'UnsupportedMediaType')
            ? new CommandError(
                `${contentType} is not supported by ${group ? `${group}/` : ''}${version}, Kind=${kind}: ${error.message}`,
              )
            : error,
        );
      }
    }
    throwAll(failures);
  },
};
