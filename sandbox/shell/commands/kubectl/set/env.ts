import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { podSpecOf } from '../patching.ts';
import { objectName } from '../printers/output.ts';
import { setterCommand, splitArguments } from './setter.ts';

interface Input {
  set: Map<string, string>;
  remove: string[];
  from: { kind: string; name: string; keys: string[] } | undefined;
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
  read: ({ flags, args }) => {
    const isRemoval = (arg: string) => arg.endsWith('-') && /^[A-Za-z_]/.test(arg) && !arg.includes('/');
    const [resources, changes] = splitArguments(args, (arg) => arg.includes('=') || isRemoval(arg));
    const set = new Map<string, string>();
    const remove: string[] = [];
    for (const change of [...changes, ...flags.list('env')]) {
      const at = change.indexOf('=');
      if (at > 0) set.set(change.slice(0, at), change.slice(at + 1));
      else remove.push(change.slice(0, -1));
    }
    if (resources.length === 0)
      throw new CommandError(
        'one or more resources must be specified as <resource> <name> or <resource>/<name>',
      );
    const from = flags.string('from');
    const [kind = '', name = ''] = from.split('/');
    return {
      resources,
      input: { set, remove, from: from ? { kind, name, keys: flags.list('keys') } : undefined },
    };
  },
  change: async (invocation, copy, { set, remove, from }) => {
    const { flags, api } = invocation;
    const spec = podSpecOf(copy);
    if (!spec)
      throw new CommandError(`the object is not a pod or does not have a pod template: *${copy.kind}`);
    const pattern = new RegExp(
      `^${flags
        .string('containers')
        .replaceAll(/[.+^$]/g, '\\$&')
        .replaceAll('*', '.*')}$`,
    );
    const containers = [...spec['containers'], ...(spec['initContainers'] ?? [])].filter((each) =>
      pattern.test(each.name),
    );
    if (containers.length === 0)
      throw new CommandError(
        `${objectName(copy)} does not have any containers matching ${JSON.stringify(flags.string('containers'))}`,
      );
    if (flags.bool('list')) {
      for (const container of containers) {
        await invocation.print(`# ${copy.kind} ${copy.metadata.name}, container ${container.name}\n`);
        for (const { name, value = '', valueFrom } of container.env ?? [])
          await invocation.print(
            valueFrom ? `# ${name} from ${reference(valueFrom)}\n` : `${name}=${value}\n`,
          );
      }
      return true;
    }
    const variables: { name: string; value?: string; valueFrom?: object }[] = [...set].map(
      ([name, value]) => ({ name, value }),
    );
    if (from) {
      const secret = from.kind.startsWith('secret');
      const namespace = encodeURIComponent(invocation.namespace.namespace);
      const source = await api.get(
        `/api/v1/namespaces/${namespace}/${secret ? 'secrets' : 'configmaps'}/${from.name}`,
      );
      for (const key of Object.keys(source.data ?? {}).sort()) {
        if (from.keys.length > 0 && !from.keys.includes(key)) continue;
        const name = (flags.string('prefix') + key).toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
        variables.push({
          name,
          valueFrom: { [secret ? 'secretKeyRef' : 'configMapKeyRef']: { key, name: from.name } },
        });
      }
    }
    for (const container of containers) {
      const env: { name: string }[] = (container.env ?? []).filter(
        ({ name }: { name: string }) => !remove.includes(name),
      );
      for (const variable of variables) {
        const at = env.findIndex(({ name }) => name === variable.name);
        if (at < 0) env.push(variable);
        else if (!flags.bool('overwrite'))
          throw new CommandError(`'${variable.name}' already has a value, and --overwrite is false`);
        else env[at] = variable;
      }
      if (env.length > 0) container.env = env;
      else delete container.env;
    }
    return false;
  },
});

function reference(valueFrom: Record<string, any>): string {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (resourceFieldRef) return `resource field ${resourceFieldRef.resource}`;
  if (secretKeyRef) return `secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
}
