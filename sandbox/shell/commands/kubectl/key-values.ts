/** Arguments of `label` and `annotate`: resources first, then `KEY=VALUE` and `KEY-`. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER } from './dry-run.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag, type Flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { patchObject } from './patching.ts';
import { objectName, OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { find } from './resource-builder.ts';
import {
  ALL_NAMESPACES_FLAG,
  FIELD_SELECTOR_FLAG,
  filenameFlags,
  filenamesOf,
  SELECTOR_FLAG,
} from './selection-flags.ts';
import { JSON_MERGE } from './three-way-patch.ts';

export const KEY_VALUE_FLAGS = (manager: string): readonly Flag[] => [
  ...OUTPUT_FLAGS,
  ...filenameFlags('with what to change.'),
  SELECTOR_FLAG,
  FIELD_SELECTOR_FLAG,
  ALL_NAMESPACES_FLAG,
  DRY_RUN_FLAG,
  FIELD_MANAGER(manager),
  flag('all', false, 'Every resource of the types, in the namespace.'),
  flag('list', false, 'Show what is there.'),
  flag('local', false, 'Only print what would become of the file; ask no server.'),
  flag('overwrite', false, 'Values that are there may be changed.'),
  flag('resource-version', '', 'Change only when the resource version is this.'),
];

export interface KeyValues {
  field: 'labels' | 'annotations';
  /** `label`, `annotation`. */
  noun: string;
  /** Throws for a value the API would refuse. */
  check(key: string, value: string): void;
  /** The error for keys that have another value and no --overwrite. */
  taken(taken: readonly (readonly [string, string])[]): string;
  /** What was done. `shorter`: without --overwrite, and less is there than before. */
  operation(change: { shorter: boolean; changed: boolean }): string;
}

/** Splits the arguments where the first change begins. */
function split(args: readonly string[]): { resources: string[]; set: Map<string, string>; remove: string[] } {
  const isChange = (arg: string) => arg.includes('=') || (arg.endsWith('-') && arg.length > 1);
  const at = args.findIndex(isChange);
  const resources = at < 0 ? [...args] : args.slice(0, at);
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const arg of at < 0 ? [] : args.slice(at)) {
    const equals = arg.indexOf('=');
    if (equals > 0) set.set(arg.slice(0, equals), arg.slice(equals + 1));
    else if (arg.endsWith('-')) remove.push(arg.slice(0, -1));
    else throw new CommandError('all resources must be specified before label changes: ' + arg);
  }
  return { resources, set, remove };
}

export async function changeKeyValues(invocation: Invocation, kind: KeyValues): Promise<void> {
  const { flags, args } = invocation;
  const { resources, set, remove } = split(args);
  const list = flags.bool('list');
  const files = filenamesOf(invocation);
  if (resources.length === 0 && files.filenames.length === 0)
    throw new CommandError(
      'one or more resources must be specified as <resource> <name> or <resource>/<name>',
    );
  if (set.size === 0 && remove.length === 0 && !list)
    throw new CommandError(`at least one ${kind.noun} update is required`);
  for (const key of remove)
    if (set.has(key))
      throw new CommandError(`can not both modify and remove a ${kind.noun} in the same command`);
  for (const [key, value] of set) kind.check(key, value);
  const dryRun = await dryRunOf(invocation);
  const printer = await ResultPrinter.create(invocation, dryRun);
  const { infos, errors } = await find(invocation, {
    args: resources,
    ...files,
    labelSelector: flags.string('selector'),
    fieldSelector: flags.string('field-selector'),
    all: flags.bool('all'),
    allNamespaces: flags.bool('all-namespaces'),
    requireName: true,
    continueOnError: true,
    latest: true,
    local: flags.bool('local'),
  });
  const failures = [...errors];
  for (const info of infos) {
    try {
      const before = (info.object as KubernetesObject).metadata[kind.field] ?? {};
      if (list) {
        if (infos.length > 1)
          await invocation.print(`Listing ${kind.field} for ${objectName(info.object)}:\n`);
        for (const [key, value] of Object.entries(before))
          await invocation.print(`${infos.length > 1 ? ' ' : ''}${key}=${value}\n`);
        continue;
      }
      if (!flags.bool('overwrite')) {
        const taken = [...set.keys()]
          .filter((key) => key in before && before[key] !== set.get(key))
          .map((key) => [key, before[key]!] as const);
        if (taken.length > 0) throw new CommandError(kind.taken(taken));
      }
      const patch: Record<string, string | null> = Object.fromEntries(set);
      for (const key of remove) {
        patch[key] = null;
        if (!(key in before) && kind.field === 'labels')
          await invocation.print(`label "${key}" not found.\n`);
      }
      const changed = Object.entries(patch).some(([key, value]) =>
        value === null ? key in before : before[key] !== value,
      );
      let object: KubernetesObject = info.object;
      const after = Object.fromEntries(
        Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null),
      ) as Record<string, string>;
      if (dryRun === 'client' || flags.bool('local'))
        object = { ...object, metadata: { ...object.metadata, [kind.field]: after } };
      else if (changed) {
        const version = flags.string('resource-version');
        object = await patchObject(
          invocation,
          info,
          { metadata: { [kind.field]: patch, ...(version ? { resourceVersion: version } : {}) } },
          JSON_MERGE,
          { dryRun },
        );
      }
      const shorter =
        !flags.bool('overwrite') && JSON.stringify(after).length < JSON.stringify(before).length;
      await printer.print(object, kind.operation({ shorter, changed }));
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
      failures.push(error);
    }
  }
  throwAll(failures);
}
