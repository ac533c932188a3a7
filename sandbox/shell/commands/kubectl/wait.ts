/** `kubectl wait` (`kubectl/pkg/cmd/wait`): for a condition, a JSONPath value, creation or deletion. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { resourcePath } from './discovery.ts';
import { untilDeleted } from './deletion.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { JsonPath, relaxedExpression } from './jsonpath.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { find, type Info, type Selection } from './resource-builder.ts';
import {
  ALL_NAMESPACES_FLAG,
  FIELD_SELECTOR_FLAG,
  filenameFlags,
  filenamesOf,
  SELECTOR_FLAG,
} from './selection-flags.ts';

/** A wait without end is a week long. */
const WEEK_MS = 168 * 3600 * 1000;

export const command: Command = {
  use: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  examples: [
    ['Until a pod is ready', 'kubectl wait --for=condition=Ready pod/busybox1'],
    ['Until its phase is Running', "kubectl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1"],
    ['Until it is gone', 'kubectl wait --for=delete pod/busybox1 --timeout=60s'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to wait for.'),
    SELECTOR_FLAG,
    FIELD_SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    flag('all', false, 'Every resource of the types, in the namespace.'),
    flag(
      'for',
      '',
      "What to wait for: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]].",
    ),
    flag('local', false, 'Ask no server.'),
    flag('timeout', 30_000, 'How long to wait. Zero looks once, negative waits a week.', {
      kind: 'duration',
    }),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const condition = parseCondition(flags.string('for'));
    const timeoutMs = flags.duration('timeout') < 0 ? WEEK_MS : flags.duration('timeout');
    const deadline = invocation.now() + timeoutMs;
    const printer = await ResultPrinter.create(invocation, 'none');
    const selection: Selection = {
      args,
      ...filenamesOf(invocation),
      labelSelector: flags.string('selector'),
      fieldSelector: flags.string('field-selector'),
      // A selector decides, even beside --all.
      all: flags.bool('all') && !flags.string('selector'),
      allNamespaces: flags.bool('all-namespaces'),
      requireName: !flags.bool('all'),
      continueOnError: true,
      latest: true,
    };
    let { infos, errors } = await find(invocation, selection);
    if (condition.kind === 'create') {
      while (errors.length > 0 || infos.length === 0) {
        if (invocation.now() >= deadline) throw new CommandError(`timed out waiting for the condition`);
        await invocation.process.sleep(500);
        ({ infos, errors } = await find(invocation, selection));
      }
      for (const info of infos) await printer.print(info.object, 'condition met');
      return;
    }
    const gone = (error: Error) =>
      condition.kind === 'delete' && error instanceof StatusError && error.reason === 'NotFound';
    throwAll(errors.filter((error) => !gone(error)));
    if (infos.length === 0) {
      if (condition.kind === 'delete') return;
      throw new CommandError('no matching resources found');
    }
    const failures: Error[] = [];
    for (const info of infos) {
      try {
        const object = await until(invocation, info, condition, deadline);
        await printer.print(object, 'condition met');
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof StatusError)) throw error;
        failures.push(error);
      }
    }
    throwAll(failures);
  },
};

type Condition =
  | { kind: 'create' | 'delete' }
  | { kind: 'condition'; name: string; value: string }
  | { kind: 'jsonpath'; path: JsonPath; value: string | undefined };

function parseCondition(text: string): Condition {
  const lower = text.toLowerCase();
  if (lower === 'delete' || lower === 'create') return { kind: lower };
  if (text.startsWith('condition=')) {
    const [name = '', value = 'true'] = text.slice('condition='.length).split('=');
    return { kind: 'condition', name, value };
  }
  if (text.startsWith('jsonpath=')) {
    const rest = text.slice('jsonpath='.length);
    const end = rest.startsWith('{')
      ? closing(rest) + 1
      : rest.includes('=')
        ? rest.indexOf('=')
        : rest.length;
    const expression = rest.slice(0, end);
    const after = rest.slice(end);
    if (after !== '' && !after.startsWith('='))
      throw new CommandError(
        `jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
      );
    const value = after === '' ? undefined : after.slice(1).replace(/^['"](.*)['"]$/, '$1');
    if (value === '')
      throw new CommandError(
        "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
      );
    return {
      kind: 'jsonpath',
      path: new JsonPath(relaxedExpression(expression), {
        allowMissingKeys: true,
      }),
      value,
    };
  }
  throw new CommandError(`unrecognized condition: ${JSON.stringify(text)}`);
}

function closing(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return text.length - 1;
}

function holds(condition: Condition, object: KubernetesObject): boolean {
  switch (condition.kind) {
    case 'condition': {
      const found = (object.status?.conditions ?? []).find(
        (each: { type: string }) => each.type.toLowerCase() === condition.name.toLowerCase(),
      );
      if (!found) return false;
      const { generation } = object.metadata;
      if (found.observedGeneration !== undefined && found.observedGeneration < (generation ?? 0))
        return false;
      return String(found.status).toLowerCase() === condition.value.toLowerCase();
    }
    case 'jsonpath': {
      const values = condition.path.values(object);
      if (condition.value === undefined) return values.length > 0;
      if (values.length > 1) throw new CommandError('given jsonpath expression matches more than one value');
      if (typeof values[0] === 'object' && values[0] !== null)
        throw new CommandError('jsonpath leads to a nested object or list which is not supported');
      return values.length > 0 && String(values[0]) === condition.value;
    }
    default:
      return false;
  }
}

async function until(
  invocation: Invocation,
  info: Info,
  condition: Condition,
  deadline: number,
): Promise<KubernetesObject> {
  const { api, process } = invocation;
  const timedOut = () =>
    new CommandError(`timed out waiting for the condition on ${info.mapping.resource}/${info.name}`);
  if (condition.kind === 'delete') {
    if (await untilDeleted(invocation, info, info.object.metadata.uid, deadline - invocation.now()))
      return info.object;
    throw timedOut();
  }
  if (holds(condition, info.object)) return info.object;
  const path = resourcePath(info.mapping, info.namespace);
  const fieldSelector = `metadata.name=${info.name}`;
  for (;;) {
    const list = await api.get(path, { fieldSelector });
    const [object] = list.items as KubernetesObject[];
    const typed = { apiVersion: info.object.apiVersion, kind: info.object.kind };
    if (object && holds(condition, object)) return { ...typed, ...object };
    const remainingMs = deadline - invocation.now();
    if (remainingMs <= 0) throw timedOut();
    const abort = new AbortController();
    const timer = process.machine.clock.setTimeout(() => abort.abort(new Error('timed out')), remainingMs);
    try {
      const query = { fieldSelector, resourceVersion: list.metadata.resourceVersion };
      for await (const event of api.watch(path, query, undefined, abort.signal)) {
        if (event.type === 'ERROR') break;
        if (event.type !== 'BOOKMARK' && event.type !== 'DELETED' && holds(condition, event.object))
          return event.object;
      }
    } finally {
      timer.dispose();
    }
    if (abort.signal.aborted) throw timedOut();
  }
}
