/** `kubectl apply edit-last-applied`: the annotation of client-side apply in the editor, and back into the object. */
import { decode, encode } from '../../../../core/bytes.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Command } from '../command.ts';
import { FIELD_MANAGER } from '../dry-run.ts';
import { openEditor } from '../edit.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import { parseYaml, YamlError } from '../manifest.ts';
import { patchObject } from '../patching.ts';
import { sorted, toCompactJson } from '../printers/json.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { toYaml } from '../printers/yaml.ts';
import { findAll, type Info } from '../resource-builder.ts';
import { filenameFlags, filenamesOf } from '../selection-flags.ts';
import { JSON_MERGE } from '../three-way-patch.ts';

const HEADER = `# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
`;

export const command: Command = {
  use: '(RESOURCE/NAME | -f FILENAME)',
  short: 'Edit latest last-applied-configuration annotations of a resource/object',
  examples: [
    ['What was applied to deployment/nginx last', 'kubectl apply edit-last-applied deployment/nginx'],
    ['The same in JSON', 'kubectl apply edit-last-applied -f deploy.yaml -o json'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to edit.'),
    FIELD_MANAGER('kubectl-client-side-apply'),
    flag('windows-line-endings', false, 'Lines end in CR LF.'),
  ],
  run: async (invocation) => {
    const infos = await findAll(invocation, {
      args: invocation.args,
      ...filenamesOf(invocation),
      requireName: true,
      latest: true,
    });
    const texts = infos.map(
      ({ object }) => (object as KubernetesObject).metadata.annotations?.[LAST_APPLIED],
    );
    if (texts.includes(undefined))
      throw new CommandError(
        'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`',
      );
    for (const [i, info] of infos.entries()) await editOne(invocation, info, texts[i]!);
  },
};

async function editOne(invocation: Invocation, info: Info, text: string): Promise<void> {
  const { process, flags } = invocation;
  const printer = await ResultPrinter.create(invocation, 'none');
  const isJson = flags.string('output') === 'json';
  const { files } = process.machine;
  const path = `/tmp/kubectl-edit-${process.machine.random.suffix(10)}.${isJson ? 'json' : 'yaml'}`;
  const content = sorted(JSON.parse(text));
  const before = isJson ? `${JSON.stringify(content, undefined, 4)}\n` : HEADER + toYaml(content);
  files.mkdir('/tmp', { recursive: true });
  files.writeFile(path, encode(before));
  await openEditor(invocation, path);
  const after = decode(files.readFile(path));
  if (after === before) {
    files.unlink(path);
    return void (await invocation.printError('Edit cancelled, no changes made.\n'));
  }
  const body = after
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  if (body.trim() === '') {
    files.unlink(path);
    return void (await invocation.printError('Edit cancelled, saved file was empty.\n'));
  }
  try {
    const edited = (isJson ? JSON.parse(body) : parseYaml(body)) as KubernetesObject;
    const { name } = edited.metadata ?? {};
    if (
      name !== info.name ||
      edited.kind !== (content as KubernetesObject).kind ||
      edited.apiVersion !== (content as KubernetesObject).apiVersion
    )
      throw new CommandError('At least one of apiVersion, kind and name was changed');
    const patch = { metadata: { annotations: { [LAST_APPLIED]: `${toCompactJson(sorted(edited))}\n` } } };
    await printer.print(await patchObject(invocation, info, patch, JSON_MERGE, {}), 'edited');
  } catch (error) {
    await invocation.printError(`A copy of your changes has been stored to ${JSON.stringify(path)}\n`);
    if (error instanceof YamlError || error instanceof SyntaxError) throw new CommandError(error.message);
    throw error;
  }
  files.unlink(path);
}
