import { fromBase64 } from '../../../../core/base64.ts';
import { decode } from '../../../../core/bytes.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { variableNameProblem } from '../create/sources.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { findAll } from '../resource-builder.ts';
import { ChangeError, podSpecToChange, requireResources, setterCommand } from './setter.ts';

interface Variable {
  name: string;
  value?: string;
  valueFrom?: Record<string, any>;
}

interface Input {
  set: Map<string, string>;
  remove: string[];
  /** Variables that refer to the keys of `--from`. */
  references: Variable[];
}

export const command = setterCommand<Input>({
  use: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  short: 'Update environment variables on a pod template',
  examples: [
    ['Set a variable', 'kubectl set env deployment/registry STORAGE_DIR=/local'],
    ['List them', 'kubectl set env deployment/sample-build --list'],
    ['From a config map', 'kubectl set env --from=configmap/myconfigmap deployment/myapp'],
  ],
  flags: [
    flag('containers,c', '*', 'Names of the containers to change, may use wildcards.'),
    flag('env,e', [], 'Variables to set.'),
    flag('from', '', 'A config map or secret to take variables from.'),
    flag('keys', [], 'Which keys of --from.', { kind: 'strings' }),
    flag('list', false, 'Show the variables.'),
    flag('overwrite', true, 'Variables that are there may be changed.'),
    flag('prefix', '', 'Put before the names of variables.'),
    flag('resolve', false, 'With --list show the values of references.'),
  ],
  done: 'env updated',
  failure: 'failed to patch env update to pod template: ',
  read: async (invocation) => {
    const { flags, args } = invocation;
    const isChange = (arg: string) => /^.+=/s.test(arg) || arg.endsWith('-');
    const first = args.findIndex(isChange);
    const [resources, given] = first < 0 ? [[...args], []] : [args.slice(0, first), args.slice(first)];
    if (!given.every(isChange))
      throw new CommandError(`all resources must be specified before environment changes: ${args.join(' ')}`);
    requireResources(invocation, resources);
    const from = flags.string('from');
    if (flags.list('keys').length > 0 && !from)
      throw new CommandError('when specifying --keys, a configmap or secret must be provided with --from');
    const set = new Map<string, string>();
    const remove: string[] = [];
    for (const change of [...flags.list('env'), ...given]) {
      const at = change.indexOf('=');
      if (at < 0) remove.push(change.slice(0, -1));
      else {
        const name = change.slice(0, at);
        const problem = variableNameProblem(name);
        if (problem) throw new CommandError(problem);
        set.set(name, change.slice(at + 1));
      }
    }
    if (remove.some((name) => set.has(name)))
      throw new CommandError(
        'can not both modify and remove the same environment variable in the same command',
      );
    const references = from ? await referencesTo(invocation, from) : [];
    return { resources, input: { set, remove, references } };
  },
  change: async (invocation, copy, { set, remove, references }) => {
    const { flags } = invocation;
    const spec = podSpecToChange(copy);
    const pattern = new RegExp(
      `^${flags
        .string('containers')
        .replaceAll(/[.+^$]/g, '\\$&')
        .replaceAll('*', '.*')}$`,
    );
    const containers = [...spec['containers'], ...(spec['initContainers'] ?? [])].filter((each) =>
      pattern.test(each.name),
    );
    if (containers.length === 0) {
      await invocation.printError(
        `Warning: ${copy.kind}/${copy.metadata.name} does not have any containers matching ${JSON.stringify(flags.string('containers'))}\n`,
      );
      return true;
    }
    if (flags.bool('list')) {
      for (const container of containers) await listVariables(invocation, copy, container);
      return true;
    }
    const prefix = flags.string('prefix');
    const variables: Variable[] = [...[...set].map(([name, value]) => ({ name, value })), ...references].map(
      (variable) => ({ ...variable, name: prefix + variable.name }),
    );
    for (const container of containers) {
      const env: Variable[] = (container.env ?? []).filter(
        ({ name }: { name: string }) => !remove.includes(name),
      );
      for (const variable of variables) {
        const at = env.findIndex(({ name }) => name === variable.name);
        if (at < 0) env.push(variable);
        else if (!flags.bool('overwrite') && env[at]!.value !== variable.value)
          throw new ChangeError(
            `'${variable.name}' already has a value (${env[at]!.value ?? ''}), and --overwrite is false`,
          );
        else env[at] = variable;
      }
      if (env.length > 0) container.env = env;
      else delete container.env;
    }
    return false;
  },
});

/** Variables for the keys of the config map or secret that `--from` names. */
async function referencesTo(invocation: Invocation, from: string): Promise<Variable[]> {
  const { flags } = invocation;
  const infos = await findAll(invocation, { args: [from], requireName: true });
  const wanted = flags.list('keys');
  return infos.flatMap(({ mapping, object }) => {
    const field = REFERENCES[mapping.group ? '' : mapping.kind];
    if (!field) throw new CommandError('unsupported resource specified in --from');
    return Object.keys((object as KubernetesObject)['data'] ?? {})
      .sort()
      .filter((key) => wanted.length === 0 || wanted.includes(key))
      .map((key) => ({
        name: key.replaceAll(/[^a-zA-Z0-9_]/g, '_').toUpperCase(),
        valueFrom: { [field]: { name: object.metadata.name, key } },
      }));
  });
}

const REFERENCES: Record<string, string> = { ConfigMap: 'configMapKeyRef', Secret: 'secretKeyRef' };

async function listVariables(
  invocation: Invocation,
  { kind, metadata }: KubernetesObject,
  container: Record<string, any>,
): Promise<void> {
  await invocation.print(`# ${kind} ${metadata.name}, container ${container['name']}\n`);
  for (const { name, value = '', valueFrom } of (container['env'] ?? []) as Variable[]) {
    const resolved =
      valueFrom && invocation.flags.bool('resolve') ? await resolve(invocation, valueFrom) : undefined;
    if (!valueFrom || resolved !== undefined) await invocation.print(`${name}=${resolved ?? value}\n`);
    else await invocation.print(`# ${name} from ${reference(valueFrom)}\n`);
  }
}

/** The value that a reference to a config map or secret has now; undefined for references to the pod itself. */
async function resolve(
  { api, namespace }: Invocation,
  { secretKeyRef, configMapKeyRef }: Record<string, any>,
): Promise<string | undefined> {
  const { name, key } = secretKeyRef ?? configMapKeyRef ?? {};
  if (name === undefined) return undefined;
  const resource = secretKeyRef ? 'secrets' : 'configmaps';
  const source = await api.get<KubernetesObject>(
    `/api/v1/namespaces/${encodeURIComponent(namespace.namespace)}/${resource}/${encodeURIComponent(name)}`,
  );
  const value = source['data']?.[key];
  if (value === undefined)
    throw new CommandError(
      `error retrieving reference: ${resource.slice(0, -1)} ${name} does not have the key ${key}`,
    );
  return secretKeyRef ? decode(fromBase64(value)) : value;
}

function reference(valueFrom: Record<string, any>): string {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (resourceFieldRef) return `resource field ${resourceFieldRef.resource}`;
  if (secretKeyRef) return `secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
}
