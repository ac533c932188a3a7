/** `kubectl logs` (`kubectl/pkg/cmd/logs`): of one container, of all, of the pods of a workload or a selector. */
import { Utf8Decoder } from '../../../core/bytes.ts';
import { parseSelector, SelectorError } from '../../../cluster/api/labels.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import {
  allContainers,
  containerOf,
  DEFAULT_CONTAINER,
  getNamed,
  podFor,
  podSelectorOf,
  podsOf,
} from './pod-of.ts';
import { SELECTOR_FLAG } from './selection-flags.ts';
import { groupResource } from './discovery.ts';

/** With a selector only the end of each log is shown, unless --tail says otherwise. */
const SELECTOR_TAIL = 10;

const USAGE =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

export const command: Command = {
  use: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  short: 'Print the logs for a container in a pod',
  long: 'Print the logs of a container. A pod with one container needs no container name.',
  examples: [
    ['Logs of the pod nginx', 'kubectl logs nginx'],
    ['Follow them', 'kubectl logs -f nginx'],
    ['What the last container before the restart said', 'kubectl logs -p web'],
    ['All pods with a label', 'kubectl logs -l app=web --all-containers --prefix'],
    ['The last 20 lines of a pod of a deployment', 'kubectl logs deploy/web --tail=20'],
  ],
  flags: [
    flag('all-containers', false, "Every container's logs."),
    flag('all-pods', false, 'Every pod of the object; prefixes each line.'),
    flag('container,c', '', 'The container.'),
    flag('follow,f', false, 'Go on as lines are written.'),
    flag('ignore-errors', false, 'While following, go on after errors.'),
    flag('insecure-skip-tls-verify-backend', false, "Do not check the kubelet's certificate."),
    flag('limit-bytes', 0, 'At most so many bytes.'),
    flag('max-log-requests', 5, 'How many logs to follow at once with a selector.'),
    flag('pod-running-timeout', 20_000, 'How long to wait for a pod of a workload.', { kind: 'duration' }),
    flag('prefix', false, 'Say before each line where it comes from.'),
    flag('previous,p', false, 'Logs of the instance before the last restart.'),
    SELECTOR_FLAG,
    flag('since', 0, 'Only what is younger than this (5s, 2m, 3h).', { kind: 'duration', shown: '0s' }),
    flag('since-time', '', 'Only what is younger than this time (RFC3339).'),
    flag('tail', -1, 'Lines from the end; -1 shows all, with a selector 10.'),
    flag('timestamps', false, 'The time before each line.'),
  ],
  run: (invocation) => new Logs(invocation).run(),
};

interface Source {
  pod: KubernetesObject;
  container: string;
}

class Logs {
  readonly #invocation: Invocation;
  readonly #query: Record<string, string | number | boolean | undefined>;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    const { flags } = invocation;
    const tail = flags.changed('tail') ? flags.int('tail') : flags.string('selector') ? SELECTOR_TAIL : -1;
    const since = flags.duration('since');
    this.#query = {
      follow: flags.bool('follow') || undefined,
      previous: flags.bool('previous') || undefined,
      timestamps: flags.bool('timestamps') || undefined,
      sinceSeconds: since > 0 ? Math.ceil(since / 1000) : undefined,
      sinceTime: flags.string('since-time') || undefined,
      limitBytes: flags.int('limit-bytes') || undefined,
      tailLines: tail < 0 ? undefined : tail,
    };
  }

  async run(): Promise<void> {
    const { flags, args } = this.#invocation;
    this.#validate();
    const selector = flags.string('selector');
    const sources = selector
      ? await this.#selected(selector)
      : await this.#named(args[0]!, args[1] ?? flags.string('container'));
    const follow = flags.bool('follow');
    if (follow && sources.length > 1) {
      const limit = flags.int('max-log-requests');
      if (sources.length > limit)
        throw new CommandError(
          `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${limit}, use --max-log-requests to increase the limit`,
        );
      await this.#invocation.process.wait(Promise.all(sources.map((source) => this.#copy(source))));
      return;
    }
    for (const source of sources) await this.#copy(source);
  }

  #validate(): void {
    const { flags, args } = this.#invocation;
    const selector = flags.string('selector');
    if (args.length === 0 && !selector) throw this.#invocation.usage(USAGE);
    if (selector && args.length > 0)
      throw this.#invocation.usage('only a selector (-l) or a POD name is allowed');
    if (args.length > 2) throw this.#invocation.usage(USAGE);
    if (args.length === 2 && flags.string('container'))
      throw new CommandError('only one of -c or an inline [CONTAINER] arg is allowed');
    if (flags.duration('since') > 0 && flags.string('since-time'))
      throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified');
    if (flags.bool('all-containers') && flags.string('container'))
      throw new CommandError(
        '--all-containers=true should not be specified with container name ' + flags.string('container'),
      );
    if (flags.int('limit-bytes') < 0) throw new CommandError('--limit-bytes must be greater than 0');
    checkTime(flags.string('since-time'));
    if (flags.changed('tail') && flags.int('tail') < -1)
      throw new CommandError('--tail must be greater than or equal to -1');
    if (flags.duration('since') < 0) throw new CommandError('--since must be greater than 0');
  }

  async #selected(text: string): Promise<Source[]> {
    let pods: KubernetesObject[];
    try {
      pods = await podsOf(this.#invocation, parseSelector(text));
    } catch (error) {
      if (error instanceof SelectorError) throw new CommandError(error.message);
      throw error;
    }
    if (pods.length === 0)
      await this.#invocation.printError(
        `No resources found in ${this.#invocation.namespace.namespace} namespace.\n`,
      );
    const sources: Source[] = [];
    for (const pod of pods)
      sources.push(...(await this.#containers(pod, this.#invocation.flags.string('container'))));
    return sources;
  }

  async #named(argument: string, container: string): Promise<Source[]> {
    const { flags } = this.#invocation;
    if (flags.bool('all-pods')) {
      const { mapping, object } = await getNamed(this.#invocation, argument);
      const pods =
        groupResource(mapping) === 'pods'
          ? [object]
          : await podsOf(this.#invocation, podSelectorOf(mapping, object));
      const sources: Source[] = [];
      for (const pod of pods) sources.push(...(await this.#containers(pod, container)));
      return sources;
    }
    const pod = await podFor(this.#invocation, argument, 'logging', flags.duration('pod-running-timeout'));
    return this.#containers(pod, container);
  }

  async #containers(pod: KubernetesObject, name: string): Promise<Source[]> {
    if (this.#invocation.flags.bool('all-containers')) {
      const init = pod.spec.initContainers ?? [];
      const ordered = [...init, ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
      return ordered.map((container: { name: string }) => ({ pod, container: container.name }));
    }
    if (name && !allContainers(pod).some((container) => container.name === name))
      throw new CommandError(`container ${name} is not valid for pod ${pod.metadata.name}`);
    const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER];
    if (!name && annotated) return [{ pod, container: annotated }];
    return [{ pod, container: await containerOf(this.#invocation, pod, name) }];
  }

  async #copy({ pod, container }: Source): Promise<void> {
    const { namespace, name } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
    const { flags } = this.#invocation;
    const prefix = flags.bool('prefix') || flags.bool('all-pods') ? `[pod/${name}/${container}] ` : '';
    const chunks = this.#invocation.api.stream(path, { ...this.#query, container }, '*/*');
    if (!prefix) {
      for await (const chunk of chunks) await this.#invocation.print(chunk);
      return;
    }
    const decoder = new Utf8Decoder();
    let rest = '';
    for await (const chunk of chunks) {
      const lines = (rest + decoder.push(chunk)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) await this.#invocation.print(`${prefix}${line}\n`);
    }
    if (rest) await this.#invocation.print(prefix + rest);
  }
}

/** What RFC 3339 wants in turn, as Go's layout names it. */
const TIME_PARTS: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d(\.\d+)?/],
  ['Z07:00', /^(Z|[+-]\d\d:\d\d)/],
];

/** Throws for what is no time, in the words of Go's `time.Parse`. */
function checkTime(text: string): void {
  if (!text) return;
  let rest = text;
  for (const [part, pattern] of TIME_PARTS) {
    const match = pattern.exec(rest);
    if (!match)
      throw new CommandError(
        `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`,
      );
    rest = rest.slice(match[0].length);
  }
  if (rest)
    throw new CommandError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
}
