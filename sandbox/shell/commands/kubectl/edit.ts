/** `kubectl edit` (`kubectl/pkg/cmd/util/editor`): the object as YAML in the editor, the difference as a patch. */
import { decode, encode } from '../../../core/bytes.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';
import { FIELD_MANAGER, VALIDATE_FLAG } from './dry-run.ts';
import { CommandError, describeError, SilentExit } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { LAST_APPLIED, withLastApplied } from './last-applied.ts';
import { parseYaml, YamlError } from './manifest.ts';
import { difference, patchObject } from './patching.ts';
import { toJson } from './printers/json.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { toYaml } from './printers/yaml.ts';
import { findAll, type Info } from './resource-builder.ts';
import { filenameFlags, filenamesOf } from './selection-flags.ts';

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export const command: Command = {
  use: '(RESOURCE/NAME | -f FILENAME)',
  short: 'Edit a resource on the server',
  long: 'Edit a resource in the editor that KUBE_EDITOR or EDITOR names, or vi.',
  examples: [
    ['A service', 'kubectl edit svc/registry'],
    ['With another editor', 'KUBE_EDITOR="nano" kubectl edit svc/registry'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to edit.'),
    VALIDATE_FLAG,
    FIELD_MANAGER('kubectl-edit'),
    flag('output-patch', false, 'Print the patch too.'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
    flag('subresource', '', 'Subresource to edit (status).'),
    flag('windows-line-endings', false, 'Lines end in CR LF.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const infos = await findAll(invocation, {
      args,
      ...filenamesOf(invocation),
      requireName: true,
      latest: true,
      subresource: flags.string('subresource'),
    });
    if (infos.length === 0) throw new CommandError('edit cancelled, no objects found');
    for (const info of infos) await editOne(invocation, info);
  },
};

async function editOne(invocation: Invocation, info: Info): Promise<void> {
  const { flags, process } = invocation;
  const printer = await ResultPrinter.create(invocation, 'none');
  const json = flags.string('output') === 'json';
  const { managedFields: _, ...metadata } = (info.object as KubernetesObject).metadata;
  const original: KubernetesObject = { ...info.object, metadata };
  const path = `/tmp/kubectl-edit-${process.machine.random.suffix(10)}.${json ? 'json' : 'yaml'}`;
  const { files } = process.machine;
  const initial = json ? toJson(original) : toYaml(original);
  let body = initial;
  let reasons = '';
  let keep = false;
  try {
    for (;;) {
      files.mkdir('/tmp', { recursive: true });
      const before = `${json ? '' : HEADER}${reasons}${body}`;
      files.writeFile(path, encode(before));
      await openEditor(invocation, path);
      const text = decode(files.readFile(process.resolve(path)));
      if (text === before) {
        if (reasons) {
          keep = true;
          await invocation.printError('error: Edit cancelled, no valid changes were saved.\n');
          throw new SilentExit(1);
        }
        await invocation.printError('Edit cancelled, no changes made.\n');
        return;
      }
      body = text
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n');
      if (body.trim() === '') {
        await invocation.printError('Edit cancelled, saved file was empty.\n');
        return;
      }
      if (body === initial) {
        await invocation.printError('Edit cancelled, no changes made.\n');
        return;
      }
      try {
        const edited = (json ? JSON.parse(body) : parseYaml(body)) as KubernetesObject;
        const object = await save(invocation, info, original, edited);
        if (object) await printer.print(object, 'edited');
        else await printer.print(info.object, 'skipped');
        return;
      } catch (error) {
        if (!(
          error instanceof StatusError ||
          error instanceof YamlError ||
          error instanceof SyntaxError ||
          error instanceof CommandError
        ))
          throw error;
        const text = describeError(error).text;
        if (error instanceof StatusError && error.reason === 'NotFound') {
          keep = true;
          await invocation.printError(`${text}\n`);
          throw new SilentExit(1);
        }
        await invocation.printError(`${text}\n`);
        const kind = `${info.mapping.resource}${info.mapping.group ? `.${info.mapping.group}` : ''}`;
        reasons = `# ${kind} ${JSON.stringify(info.name)} was not valid:\n${text
          .split('\n')
          .map((line) => `# ${line.startsWith('* ') ? line : `* ${line}`}\n`)
          .join('')}#\n`;
      }
    }
  } finally {
    if (keep)
      await invocation.printError(`A copy of your changes has been stored to ${JSON.stringify(path)}\n`);
    else if (files.readDirectory('/tmp').includes(path.slice('/tmp/'.length))) files.unlink(path);
  }
}

/** Undefined when the edit changed nothing. */
async function save(
  invocation: Invocation,
  info: Info,
  original: KubernetesObject,
  edited: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  if (
    edited.metadata?.name !== original.metadata.name ||
    edited.kind !== original.kind ||
    edited.apiVersion !== original.apiVersion
  )
    throw new CommandError('At least one of apiVersion, kind and name was changed');
  const remembers =
    invocation.flags.bool('save-config') || original.metadata.annotations?.[LAST_APPLIED] !== undefined;
  const bare = difference(info, original, edited);
  if (Object.keys(bare.patch).length === 0) return undefined;
  const target = remembers && invocation.flags.bool('save-config') ? withLastApplied(edited) : edited;
  const { patch, contentType } = difference(info, original, target);
  if (invocation.flags.bool('output-patch')) await invocation.print(`Patch: ${JSON.stringify(patch)}\n`);
  return patchObject(invocation, info, patch, contentType, {
    subresource: invocation.flags.string('subresource'),
  });
}

/** Runs the editor on the terminal and waits for its end. */
export async function openEditor({ process }: Invocation, path: string): Promise<void> {
  const { KUBE_EDITOR, EDITOR } = process.environment;
  const words = (KUBE_EDITOR || EDITOR || 'vi').split(/\s+/).filter(Boolean);
  const [name = 'vi'] = words;
  const program = await process.wait(process.machine.findProgram(name));
  if (!program) throw new CommandError(`unable to launch the editor ${JSON.stringify(words.join(' '))}`);
  const editor = process.machine.spawn({
    argv: [...words, path],
    program,
    files: process.files,
    parent: process,
  });
  const exitCode = await process.wait(editor.exited);
  if (exitCode !== 0)
    throw new CommandError(`there was a problem with the editor ${JSON.stringify(words.join(' '))}`);
}
