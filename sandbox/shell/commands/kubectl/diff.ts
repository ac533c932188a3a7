/**
 * `kubectl diff` (`kubectl/pkg/cmd/diff`): what an apply would change, as `diff -u -N` tells it of the live
 * objects and of what the server's dry run makes of them. Exit code 1 says that there are differences, 2 that
 * something failed. Left out: `--prune` and KUBECTL_EXTERNAL_DIFF.
 */
import { encode } from '../../../core/bytes.ts';
import { joinPath } from '../../../os/path.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { resourcePath, type Mapping } from './discovery.ts';
import { CommandError, ConnectionError, describeError, SilentExit } from './errors.ts';
import { FIELD_MANAGER } from './dry-run.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { LAST_APPLIED, lastApplied, withLastApplied } from './last-applied.ts';
import { toYaml } from './printers/yaml.ts';
import { findAll, type Info } from './resource-builder.ts';
import { filenameFlags, requiredFilenamesOf, SELECTOR_FLAG } from './selection-flags.ts';
import { threeWayPatch } from './three-way-patch.ts';

export const command: Command = {
  use: '-f FILENAME',
  short: 'Diff the live version against a would-be applied version',
  long: 'Exit code 0: no differences. 1: differences. More: something failed.',
  examples: [
    ['What applying pod.json would change', 'kubectl diff -f pod.json'],
    ['The same of standard input', 'cat service.yaml | kubectl diff -f -'],
  ],
  flags: [
    ...filenameFlags('with the configuration to compare.'),
    SELECTOR_FLAG,
    FIELD_MANAGER('kubectl-client-side-apply'),
    flag('server-side', false, 'Merge on the server.'),
    flag('force-conflicts', false, 'Take over fields that others own. Goes with --server-side.'),
    flag('show-managed-fields', false, 'Compare metadata.managedFields too.'),
  ],
  run: async (invocation) => {
    try {
      return await run(invocation);
    } catch (error) {
      if (!(
        error instanceof CommandError ||
        error instanceof StatusError ||
        error instanceof ConnectionError
      ))
        throw error;
      await invocation.printError(`${describeError(error).text.replace(/\n$/, '')}\n`);
      throw new SilentExit(2);
    }
  },
};

async function run(invocation: Invocation): Promise<number> {
  const { flags, process } = invocation;
  const files = requiredFilenamesOf(invocation);
  if (flags.bool('force-conflicts') && !flags.bool('server-side'))
    throw new CommandError('--force-conflicts only works with --server-side');
  const infos = await findAll(invocation, { ...files, labelSelector: flags.string('selector') });
  const fileSystem = process.machine.files;
  const directories = ['LIVE', 'MERGED'].map((name) => `/tmp/${name}-${process.machine.random.int(2 ** 32)}`);
  const [live, merged] = directories as [string, string];
  try {
    for (const directory of directories) fileSystem.mkdir(directory, { recursive: true });
    for (const info of infos) {
      const path = resourcePath(info.mapping, info.namespace, info.name);
      const current = await getLive(invocation, path);
      const wanted = await getMerged(invocation, info, path, current);
      const [before, after] = mask(info.mapping, current, wanted);
      const name = fileName(info);
      if (before) fileSystem.writeFile(joinPath(live, name), encode(text(invocation, before)));
      if (after) fileSystem.writeFile(joinPath(merged, name), encode(text(invocation, after)));
    }
    const { program } = await process.wait(import('../diff/diff.ts'));
    const argv = ['diff', '-u', '-N', live, merged];
    const child = process.machine.spawn({ argv, program, files: process.files, parent: process });
    return await process.wait(child.exited);
  } finally {
    for (const directory of directories) {
      for (const name of fileSystem.readDirectory(directory)) fileSystem.unlink(joinPath(directory, name));
      fileSystem.rmdir(directory);
    }
  }
}

async function getLive(invocation: Invocation, path: string): Promise<KubernetesObject | undefined> {
  try {
    return await invocation.api.get<KubernetesObject>(path);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

/** What the server says the object would be. */
async function getMerged(
  invocation: Invocation,
  info: Info,
  path: string,
  current: KubernetesObject | undefined,
): Promise<KubernetesObject> {
  const { api, flags } = invocation;
  const serverSide = flags.bool('server-side');
  const fieldManager =
    serverSide && !flags.changed('field-manager') ? 'kubectl' : flags.string('field-manager');
  const query = { dryRun: 'All', fieldManager };
  if (serverSide)
    return api.request('PATCH', path, {
      query: { ...query, force: flags.bool('force-conflicts') },
      contentType: 'application/apply-patch+yaml',
      body: info.object,
    });
  if (!current)
    return api.request('POST', resourcePath(info.mapping, info.namespace), { query, body: info.object });
  const { patch, contentType } = threeWayPatch(
    info.mapping,
    lastApplied(current),
    withLastApplied(info.object),
    current,
  );
  if (Object.keys(patch).length === 0) return current;
  const merged = await api.request<KubernetesObject>('PATCH', path, { query, contentType, body: patch });
  return withoutAnnotation(merged, current);
}

/** The annotation is an apply's own note and no change that anyone asked about. */
function withoutAnnotation(merged: KubernetesObject, current: KubernetesObject): KubernetesObject {
  const before = current.metadata.annotations?.[LAST_APPLIED];
  const { [LAST_APPLIED]: _, ...annotations } = merged.metadata.annotations ?? {};
  const kept = before === undefined ? annotations : { ...annotations, [LAST_APPLIED]: before };
  const { annotations: __, ...metadata } = merged.metadata;
  return {
    ...merged,
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) },
  };
}

const fileName = ({ mapping: { group, version, kind }, namespace, name }: Info) =>
  `${group ? `${group}.` : ''}${version}.${kind}.${namespace}.${name}`;

function text(invocation: Invocation, object: KubernetesObject): string {
  if (invocation.flags.bool('show-managed-fields')) return toYaml(object);
  const { managedFields: _, ...metadata } = object.metadata;
  return toYaml({ ...object, metadata });
}

/** Values of Secrets are hidden; those that differ say so. */
function mask(
  mapping: Mapping,
  before: KubernetesObject | undefined,
  after: KubernetesObject,
): [KubernetesObject | undefined, KubernetesObject] {
  if (mapping.group !== '' || mapping.kind !== 'Secret') return [before, after];
  const masked = (object: KubernetesObject, other: KubernetesObject | undefined, word: string) => {
    const data: Record<string, string> = {};
    for (const [key, value] of Object.entries((object['data'] ?? {}) as Record<string, string>)) {
      const theirs = other?.['data']?.[key] as string | undefined;
      data[key] = theirs !== undefined && theirs !== value ? `*** (${word})` : '***';
    }
    return { ...object, data };
  };
  return [before && masked(before, after, 'before'), masked(after, before, 'after')];
}
