/**
 * `kubectl apply` (`kubectl/pkg/cmd/apply`): client-side with the last-applied annotation and a three-way merge,
 * or server-side. Left out: `--applyset`, which is alpha.
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { checkPruneFlags, prune, prunedKinds } from './apply/prune.ts';
import { applyServerSide, SERVER_SIDE_MANAGER } from './apply/server-side.ts';
import type { Command } from './command.ts';
import { apiVersionOf, resourcePath, type Mapping } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, fieldValidation, VALIDATE_FLAG } from './dry-run.ts';
import { CommandError, throwAll, withContext } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { LAST_APPLIED, lastApplied, withLastApplied } from './last-applied.ts';
import { asNew } from './new-object.ts';
import { toCompactJson } from './printers/json.ts';
import { OUTPUT_FLAGS, ResultPrinter, type DryRun } from './printers/output.ts';
import { find, type Info } from './resource-builder.ts';
import { filenameFlags, requiredFilenamesOf, SELECTOR_FLAG } from './selection-flags.ts';
import { threeWayPatch } from './three-way-patch.ts';

const CLIENT_SIDE_MANAGER = 'kubectl-client-side-apply';
/** Conflicts of a patch with other writers are tried again so often, the later ones after a second. */
const MAX_RETRIES = 5;
const RETRY_MS = 1000;

export const command: Command = {
  use: '(-f FILENAME | -k DIRECTORY)',
  short: 'Apply a configuration to a resource by file name or stdin',
  long: `Make the cluster be as a file says. What is not there is created; what is there is changed where it differs, and what an earlier apply set and the file no longer names is removed.

 JSON and YAML are understood.`,
  examples: [
    ['Apply what pod.yaml says', 'kubectl apply -f ./pod.yaml'],
    ['Apply every manifest of a directory', 'kubectl apply -f manifests/'],
    ['Apply what comes from standard input', 'cat pod.json | kubectl apply -f -'],
    ['Let the server merge and track who owns which field', 'kubectl apply --server-side -f pod.yaml'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with the configuration to apply.'),
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    FIELD_MANAGER(CLIENT_SIDE_MANAGER),
    flag('server-side', false, 'Merge on the server.'),
    flag('force-conflicts', false, 'Take over fields that others own. Goes with --server-side.'),
    flag('force', false, 'Delete and create again what cannot be changed.'),
    flag('grace-period', -1, 'Seconds that a resource deleted by --force is given.'),
    flag('overwrite', true, 'On a conflict of the live and the applied state the applied one wins.'),
    flag('openapi-patch', true, 'Accepted for scripts: the merge always knows the built-in schemas.'),
    flag(
      'prune',
      false,
      'Delete what earlier applies made and the files no longer have. Goes with -l or --all.',
    ),
    flag('prune-allowlist', [], 'Kinds that --prune looks through, as <group/version/kind>.'),
    flag('all', false, 'With --prune: every object that an earlier apply made.'),
    flag('wait', false, 'Goes with --prune.'),
    flag('timeout', 0, 'Goes with --prune.', { kind: 'duration', shown: '0s' }),
    flag('cascade', 'background', 'How --force deletes dependents: background, orphan or foreground.', {
      bare: 'background',
    }),
    flag('subresource', '', 'Subresource to apply to. Goes with --server-side.'),
  ],
  run: async (invocation) => {
    if (invocation.args.length > 0) throw invocation.usage(`Unexpected args: [${invocation.args.join(' ')}]`);
    const dryRun = await dryRunOf(invocation);
    const files = requiredFilenamesOf(invocation);
    const validation = await fieldValidation(invocation);
    const { flags } = invocation;
    const serverSide = flags.bool('server-side');
    if (flags.bool('force-conflicts') && !serverSide)
      throw new CommandError('--force-conflicts only works with --server-side');
    if (dryRun === 'client' && serverSide)
      throw new CommandError(
        "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
      );
    if (serverSide && flags.bool('force'))
      throw new CommandError('--force cannot be used with --server-side');
    if (dryRun === 'server' && flags.bool('force'))
      throw new CommandError('--dry-run=server cannot be used with --force');
    checkPruneFlags(invocation);
    const prunes = flags.bool('prune') ? await prunedKinds(invocation) : undefined;
    const printer = await ResultPrinter.create(invocation, dryRun);
    const { infos, errors } = await find(invocation, {
      ...files,
      labelSelector: flags.string('selector'),
      continueOnError: true,
      validate: validation === 'Strict',
    });
    const failures = [...errors];
    if (infos.length === 0 && failures.length === 0) throw new CommandError('no objects passed to apply');
    const applier = new Applier(invocation, { dryRun, validation, serverSide });
    const done: KubernetesObject[] = [];
    for (const info of infos) {
      try {
        const { object, operation } = await applier.apply(info);
        done.push(object);
        if (!printer.printsObjects) await printer.print(object, operation);
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
        failures.push(error);
      }
    }
    if (printer.printsObjects && failures.length === 0)
      await invocation.print(
        printer.text(
          done.length === 1 ? done[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items: done },
        ),
      );
    throwAll(failures);
    if (prunes) await prune(invocation, prunes, done, dryRun, printer);
  },
  subcommands: {
    'edit-last-applied': {
      short: 'Edit latest last-applied-configuration annotations of a resource/object',
      load: () => import('./apply/edit-last-applied.ts'),
    },
    'set-last-applied': {
      short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
      load: () => import('./apply/set-last-applied.ts'),
    },
    'view-last-applied': {
      short: 'View the latest last-applied-configuration annotations of a resource/object',
      load: () => import('./apply/view-last-applied.ts'),
    },
  },
};

interface ApplyOptions {
  dryRun: DryRun;
  validation: 'Strict' | 'Warn' | 'Ignore';
  serverSide: boolean;
}

class Applier {
  readonly #invocation: Invocation;
  readonly #options: ApplyOptions;
  readonly #query: Record<string, string | undefined>;

  constructor(invocation: Invocation, options: ApplyOptions) {
    this.#invocation = invocation;
    this.#options = options;
    const given = invocation.flags.changed('field-manager');
    this.#query = {
      dryRun: options.dryRun === 'server' ? 'All' : undefined,
      fieldManager: given
        ? invocation.flags.string('field-manager')
        : options.serverSide
          ? SERVER_SIDE_MANAGER
          : CLIENT_SIDE_MANAGER,
      fieldValidation: options.validation,
    };
  }

  async apply(info: Info): Promise<{ object: KubernetesObject; operation: string }> {
    const generateName = info.object.metadata.generateName;
    if (!info.name && generateName)
      throw new CommandError(`from ${generateName}: cannot use generate name with apply`);
    return this.#options.serverSide ? this.#serverSide(info) : this.#clientSide(info);
  }

  async #serverSide(info: Info): Promise<{ object: KubernetesObject; operation: string }> {
    const object = await applyServerSide(this.#invocation, info, this.#query);
    await this.#warnIfDeleting(info, object);
    return { object, operation: 'serverside-applied' };
  }

  async #clientSide(info: Info): Promise<{ object: KubernetesObject; operation: string }> {
    const { api } = this.#invocation;
    const modified = withLastApplied(info.object);
    const path = resourcePath(info.mapping, info.namespace, info.name);
    let current: KubernetesObject;
    try {
      current = await api.get<KubernetesObject>(path);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound')
        throw withContext(
          error,
          `error when retrieving current configuration of:\n${describe(info)}\nfrom server for: ${JSON.stringify(info.source)}: `,
        );
      const object = pruneNulls(modified) as KubernetesObject;
      if (this.#options.dryRun === 'client') return { object, operation: 'created' };
      return { object: await this.#create(info, object), operation: 'created' };
    }
    if (this.#options.dryRun === 'client') return { object: current, operation: 'configured' };
    if (current.metadata.annotations?.[LAST_APPLIED] === undefined)
      await this.#invocation.printError(
        `Warning: resource ${info.mapping.resource}/${info.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
      );
    const { object, changed } = await this.#patch(info, path, current, modified);
    await this.#warnIfDeleting(info, object);
    return { object, operation: changed ? 'configured' : 'unchanged' };
  }

  async #create(info: Info, object: KubernetesObject): Promise<KubernetesObject> {
    try {
      return await this.#invocation.api.request<KubernetesObject>(
        'POST',
        resourcePath(info.mapping, info.namespace),
        {
          query: this.#query,
          body: asNew(object),
        },
      );
    } catch (error) {
      throw withContext(error, `error when creating ${JSON.stringify(info.source)}: `);
    }
  }

  async #patch(
    info: Info,
    path: string,
    live: KubernetesObject,
    modified: KubernetesObject,
  ): Promise<{ object: KubernetesObject; changed: boolean }> {
    const { api, process, flags } = this.#invocation;
    let current = live;
    for (let retry = 0; ; retry++) {
      const { patch, contentType } = threeWayPatch(info.mapping, lastApplied(current), modified, current);
      if (Object.keys(patch).length === 0) return { object: current, changed: false };
      try {
        const object = await api.request<KubernetesObject>('PATCH', path, {
          query: this.#query,
          contentType,
          body: patch,
        });
        return { object, changed: true };
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (error.reason === 'Conflict' && retry < MAX_RETRIES) {
          if (retry > 0) await process.sleep(RETRY_MS);
          current = await api.get<KubernetesObject>(path);
          continue;
        }
        if (flags.bool('force') && (error.reason === 'Conflict' || error.reason === 'Invalid'))
          return { object: await this.#replace(info, path, modified), changed: true };
        const file = JSON.stringify(info.source);
        throw withContext(
          error,
          `error when applying patch:\n${toCompactJson(patch)}\nto:\n${describe(info)}\nfor: ${file}: error when patching ${file}: `,
        );
      }
    }
  }

  /** `--force`: deletes, waits until it is gone, creates. */
  async #replace(info: Info, path: string, modified: KubernetesObject): Promise<KubernetesObject> {
    const { api, flags } = this.#invocation;
    const { deleteAndWait } = await this.#invocation.process.wait(import('./deletion.ts'));
    await deleteAndWait(this.#invocation, info, {
      path,
      propagationPolicy: 'Background',
      gracePeriodSeconds: flags.int('grace-period'),
    });
    return api.request<KubernetesObject>('POST', resourcePath(info.mapping, info.namespace), {
      query: this.#query,
      body: asNew(modified),
    });
  }

  async #warnIfDeleting(info: Info, object: KubernetesObject): Promise<void> {
    if (!object.metadata.deletionTimestamp) return;
    await this.#invocation.printError(
      `Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`,
    );
  }
}

const gvText = (mapping: Mapping) => (mapping.group ? apiVersionOf(mapping) : `/${mapping.version}`);

/** An object as errors name it. */
export function describe(info: Info): string {
  const { mapping } = info;
  const resource = JSON.stringify(`${gvText(mapping)}, Resource=${mapping.resource}`);
  const kind = JSON.stringify(`${gvText(mapping)}, Kind=${mapping.kind}`);
  return `Resource: ${resource}, GroupVersionKind: ${kind}\nName: ${JSON.stringify(info.name)}, Namespace: ${JSON.stringify(info.namespace)}`;
}

/** A field that is null in a new object is a field that is not there. */
function pruneNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruneNulls);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null) out[key] = pruneNulls(inner);
  return out;
}
