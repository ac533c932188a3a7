/**
 * `kubectl debug` (`kubectl/pkg/cmd/debug`): an ephemeral container in a running pod, a copy of a pod with
 * something changed, or a pod in the namespaces of a node.
 */
import {
  createTwoWayMergePatch,
  applyStrategicMergePatch,
} from '../../../cluster/api/strategic-merge-patch.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { TypeRegistry } from '../../../cluster/api/schema.ts';
import { attach } from './attach.ts';
import type { Command } from './command.ts';
import { applyProfile, PROFILES, type DebugStyle } from './debug/profiles.ts';
import { groupResource } from './discovery.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { parseYaml } from './manifest.ts';
import { allContainers } from './pod-of.ts';
import { find } from './resource-builder.ts';
import { STRATEGIC_MERGE } from './three-way-patch.ts';

const POLL_MS = 200;

export const command: Command = {
  use: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  examples: [
    ['A shell beside what runs in a pod', 'kubectl debug mypod -it --image=busybox:1'],
    [
      'A copy of the pod with a container more',
      'kubectl debug mypod -it --image=busybox:1 --copy-to=my-debugger',
    ],
    ['A copy with another command', 'kubectl debug mypod -it --copy-to=my-debugger --container=app -- sh'],
    ['A shell on a node; its files are at /host', 'kubectl debug node/mynode -it --image=busybox:1'],
  ],
  flags: [
    flag('arguments-only', false, 'What follows -- are arguments and not the command.'),
    flag('attach', false, 'Wait for the container and attach to it; --stdin implies it.'),
    flag('container,c', '', 'Name of the debug container.'),
    flag('copy-to', '', 'Make a copy of the pod with this name.'),
    flag('custom', '', 'File with part of a container, to change a profile by.'),
    flag('env', [], 'Environment variables of the container.'),
    flag('filename,f', [], 'File that names what to debug.', { kind: 'strings' }),
    flag('image', '', 'Image of the debug container.'),
    flag('image-pull-policy', '', 'When to pull the image.'),
    flag('keep-annotations', false, 'The copy keeps annotations.'),
    flag('keep-init-containers', true, 'The copy runs the init containers.'),
    flag('keep-labels', false, 'The copy keeps labels.'),
    flag('keep-liveness', false, 'The copy keeps liveness probes.'),
    flag('keep-readiness', false, 'The copy keeps readiness probes.'),
    flag('keep-startup', false, 'The copy keeps startup probes.'),
    flag('profile', 'legacy', `One of: ${PROFILES.join(', ')}.`),
    flag('quiet,q', false, 'Only what the container prints.'),
    flag('replace', false, 'Delete the original of the copy.'),
    flag('same-node', false, 'The copy runs on the same node.'),
    flag('set-image', [], 'NAME=IMAGE of containers of the copy; * is all of them.', { kind: 'strings' }),
    flag('share-processes', true, "Containers of the copy see each other's processes."),
    flag('stdin,i', false, 'Keep standard input open.'),
    flag('target', '', 'Container whose processes an ephemeral container sees.'),
    flag('tty,t', false, 'Give the container a terminal.'),
  ],
  run: async (invocation) => {
    const debug = await Debug.create(invocation);
    const { args, flags } = invocation;
    const names = flags.dashAt < 0 ? args : args.slice(0, flags.dashAt);
    const { infos, errors } = await find(invocation, {
      args: names.some((name) => name.includes('/')) ? names : names.length > 0 ? ['pods', ...names] : [],
      filenames: flags.list('filename'),
      latest: true,
    });
    if (errors.length > 0) throw errors[0];
    for (const { mapping, object } of infos) {
      const resource = groupResource(mapping);
      if (resource !== 'pods' && resource !== 'nodes')
        throw new CommandError(
          `${JSON.stringify(`${mapping.group}/${mapping.version}, Kind=${mapping.kind}`)} not supported by debug`,
        );
      await debug.visit(object, resource === 'nodes');
    }
  },
};

class Debug {
  readonly #invocation: Invocation;
  readonly #command: readonly string[];
  readonly #images: ReadonlyMap<string, string>;
  readonly #custom: object | undefined;

  private constructor(
    invocation: Invocation,
    words: readonly string[],
    images: ReadonlyMap<string, string>,
    custom: object | undefined,
  ) {
    this.#invocation = invocation;
    this.#command = words;
    this.#images = images;
    this.#custom = custom;
  }

  /** Complete and Validate. */
  static async create(invocation: Invocation): Promise<Debug> {
    const { flags, args } = invocation;
    const words = flags.dashAt < 0 ? [] : args.slice(flags.dashAt);
    const names = flags.dashAt < 0 ? args : args.slice(0, flags.dashAt);
    const images = new Map<string, string>();
    for (const pair of flags.list('set-image')) {
      const [name, image, ...more] = pair.split('=');
      if (!name || !image || more.length > 0)
        throw new CommandError(`invalid set-image argument ${JSON.stringify(pair)}`);
      images.set(name, image);
    }
    const profile = flags.string('profile');
    if (!(PROFILES as readonly string[]).includes(profile))
      throw new CommandError(`unknown profile: ${profile}`);
    const copies = flags.string('copy-to') !== '';
    if (!copies && !flags.string('image'))
      throw new CommandError('you must specify --image when not using --copy-to.');
    if (copies && !flags.string('image') && images.size === 0 && words.length === 0)
      throw new CommandError('you must specify --image, --set-image or command arguments.');
    if (names.length === 0 && flags.list('filename').length === 0)
      throw new CommandError('NAME or filename is required for debug');
    if (!copies && images.size > 0) throw new CommandError('--set-image may only be used with --copy-to.');
    for (const name of ['replace', 'same-node'])
      if (!copies && flags.bool(name)) throw new CommandError(`--${name} may only be used with --copy-to.`);
    if (copies && flags.string('target'))
      throw new CommandError('--target is incompatible with --copy-to. Use --share-processes instead.');
    if (flags.bool('tty') && !flags.bool('stdin'))
      throw new CommandError('-i/--stdin is required for containers with -t/--tty=true');
    let custom: object | undefined;
    if (flags.string('custom'))
      custom = parseYaml(invocation.process.readTextFile(flags.string('custom'))) as object;
    if (profile === 'legacy')
      await invocation.printError(
        '--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n',
      );
    if (flags.string('target') && !flags.bool('quiet'))
      await invocation.print(
        `Targeting container "${flags.string('target')}". If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
      );
    return new Debug(invocation, words, images, custom);
  }

  async visit(target: KubernetesObject, isNode: boolean): Promise<void> {
    const { flags } = this.#invocation;
    const { pod, container } = isNode
      ? await this.#node(target)
      : flags.string('copy-to')
        ? await this.#copy(target)
        : await this.#ephemeral(target);
    const attached = flags.changed('attach') ? flags.bool('attach') : flags.bool('stdin');
    if (attached && container) await this.#attach(pod, container);
  }

  #container(name: string): Record<string, unknown> {
    const { flags } = this.#invocation;
    const env = flags.list('env').map((pair) => {
      const equals = pair.indexOf('=');
      return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
    });
    return {
      name,
      image: flags.string('image'),
      ...(env.length > 0 ? { env } : {}),
      ...(flags.string('image-pull-policy') ? { imagePullPolicy: flags.string('image-pull-policy') } : {}),
      ...(flags.bool('stdin') ? { stdin: true } : {}),
      terminationMessagePolicy: 'File',
      ...(flags.bool('tty') ? { tty: true } : {}),
      ...this.#words(),
    };
  }

  #words(): Record<string, unknown> {
    if (this.#command.length === 0) return {};
    return { [this.#invocation.flags.bool('arguments-only') ? 'args' : 'command']: [...this.#command] };
  }

  async #nameFor(pod: KubernetesObject): Promise<string> {
    const { flags } = this.#invocation;
    if (flags.string('container')) return flags.string('container');
    const taken = new Set(allContainers(pod).map(({ name }) => name));
    let name: string;
    do name = `debugger-${this.#invocation.process.machine.random.suffix(5)}`;
    while (taken.has(name));
    if (!flags.bool('quiet')) await this.#invocation.print(`Defaulting debug container name to ${name}.\n`);
    return name;
  }

  #profiled(pod: KubernetesObject, container: string, style: DebugStyle): void {
    const { flags } = this.#invocation;
    applyProfile(flags, pod, container, style);
    if (!this.#custom) return;
    const list: { name: string }[] =
      style === 'ephemeral' ? pod.spec.ephemeralContainers : pod.spec.containers;
    const at = list.findIndex(({ name }) => name === container);
    const type = TypeRegistry.builtin().typeForKind('', 'v1', 'Pod')!.fields.get('spec')!.type;
    const of = type.fields.get('containers')!.type.element!;
    list[at] = applyStrategicMergePatch(list[at]!, { ...this.#custom, name: container }, of);
  }

  async #ephemeral(pod: KubernetesObject): Promise<{ pod: KubernetesObject; container: string }> {
    const { flags, api } = this.#invocation;
    const container = await this.#nameFor(pod);
    const changed = structuredClone(pod);
    const target = flags.string('target');
    (changed.spec.ephemeralContainers ??= []).push({
      ...this.#container(container),
      ...(target ? { targetContainerName: target } : {}),
    });
    this.#profiled(changed, container, 'ephemeral');
    const type = TypeRegistry.builtin().typeForKind('', 'v1', 'Pod')!;
    const { namespace, name } = pod.metadata;
    const result = await api.request(
      'PATCH',
      `/api/v1/namespaces/${namespace}/pods/${name}/ephemeralcontainers`,
      {
        contentType: STRATEGIC_MERGE,
        body: createTwoWayMergePatch(pod, changed, type),
      },
    );
    return { pod: result, container };
  }

  async #copy(pod: KubernetesObject): Promise<{ pod: KubernetesObject; container: string }> {
    const { flags, api } = this.#invocation;
    const { labels, annotations, namespace } = pod.metadata;
    const copy: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: structuredClone({
        name: flags.string('copy-to'),
        namespace: namespace!,
        ...(labels ? { labels } : {}),
        ...(annotations ? { annotations } : {}),
      }),
      spec: structuredClone(pod.spec),
    };
    delete copy.spec.ephemeralContainers;
    if (flags.changed('share-processes')) copy.spec.shareProcessNamespace = flags.bool('share-processes');
    if (!flags.bool('same-node')) delete copy.spec.nodeName;
    for (const container of copy.spec.containers)
      container.image = this.#images.get(container.name) ?? this.#images.get('*') ?? container.image;
    const container = await this.#changeCopy(copy);
    const created = await api.request('POST', `/api/v1/namespaces/${namespace}/pods`, { body: copy });
    if (flags.bool('replace'))
      await api.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`, {
        body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
      });
    return { pod: created, container };
  }

  /** Changes the named container of the copy or adds one; empty when only images were set. */
  async #changeCopy(copy: KubernetesObject): Promise<string> {
    const { flags } = this.#invocation;
    let name = flags.string('container');
    const existing = allContainers(copy).find((each) => each.name === name) as
      Record<string, unknown> | undefined;
    if (!existing) {
      if (!flags.string('image')) {
        if (this.#images.size > 0) return '';
        throw new CommandError('you must specify image when creating new container');
      }
      name = await this.#nameFor(copy);
      copy.spec.containers.push(this.#container(name));
    } else {
      if (this.#command.length > 0) {
        if (!flags.bool('arguments-only')) delete existing['args'];
        Object.assign(existing, this.#words());
      }
      const { image, env, imagePullPolicy } = this.#container(name);
      Object.assign(
        existing,
        image ? { image } : {},
        env ? { env } : {},
        imagePullPolicy ? { imagePullPolicy } : {},
      );
      existing['stdin'] = flags.bool('stdin');
      existing['tty'] = flags.bool('tty');
    }
    this.#profiled(copy, name, 'copy');
    return name;
  }

  async #node(node: KubernetesObject): Promise<{ pod: KubernetesObject; container: string }> {
    const { flags, api, namespace } = this.#invocation;
    const container = flags.string('container') || 'debugger';
    const name = `node-debugger-${node.metadata.name}-${this.#invocation.process.machine.random.suffix(5)}`;
    if (!flags.bool('quiet'))
      await this.#invocation.print(
        `Creating debugging pod ${name} with container ${container} on node ${node.metadata.name}.\n`,
      );
    const pod: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
      spec: {
        containers: [this.#container(container)],
        nodeName: node.metadata.name,
        restartPolicy: 'Never',
        tolerations: [{ operator: 'Exists' }],
      },
    };
    this.#profiled(pod, container, 'node');
    const created = await api.request(
      'POST',
      `/api/v1/namespaces/${encodeURIComponent(namespace.namespace)}/pods`,
      {
        body: pod,
      },
    );
    return { pod: created, container };
  }

  /** Waits until the container runs or is over; what is over tells by its log, as in the real one. */
  async #attach(created: KubernetesObject, container: string): Promise<void> {
    const { api, flags, process } = this.#invocation;
    const { namespace, name } = created.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    let told = '';
    for (;;) {
      const pod = await api.get<KubernetesObject>(path);
      const {
        containerStatuses = [],
        initContainerStatuses = [],
        ephemeralContainerStatuses = [],
      } = pod.status ?? {};
      const state = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
        (each: { name: string }) => each.name === container,
      )?.state;
      if (state?.terminated) {
        for await (const chunk of api.stream(`${path}/log`, { container }, '*/*'))
          await this.#invocation.print(chunk);
        return;
      }
      if (state?.running) {
        await attach(this.#invocation, pod, container, {
          stdin: flags.bool('stdin'),
          tty: flags.bool('tty'),
        });
        return;
      }
      const waiting: string = state?.waiting?.message ?? '';
      if (waiting && waiting !== told && !flags.bool('quiet'))
        await this.#invocation.printError(`Warning: container ${container}: ${waiting}\n`);
      told = waiting;
      await process.sleep(POLL_MS);
    }
  }
}
