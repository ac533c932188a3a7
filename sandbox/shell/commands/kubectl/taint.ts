/** `kubectl taint` (`kubectl/pkg/cmd/taint`): sets and removes the taints of nodes. */
import { isLabelValue, isQualifiedName } from '../../../cluster/api/validation/names.ts';
import type { Command } from './command.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, VALIDATE_FLAG } from './dry-run.ts';
import { CommandError, throwAll, VerbatimError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { changeObject } from './patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { findAll } from './resource-builder.ts';
import { SELECTOR_FLAG } from './selection-flags.ts';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const command: Command = {
  use: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  long: `A taint has a key, a value and an effect, written key=value:effect. The effect is one of ${EFFECTS.join(', ')}.`,
  examples: [
    ['Keep pods that do not tolerate it away', 'kubectl taint nodes foo dedicated=special-user:NoSchedule'],
    ['Remove the taint of this key and effect', 'kubectl taint nodes foo dedicated:NoSchedule-'],
    ['Remove all taints of this key', 'kubectl taint nodes foo dedicated-'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    SELECTOR_FLAG,
    FIELD_MANAGER('kubectl-taint'),
    flag('all', false, 'Every node.'),
    flag('overwrite', false, 'Replace taints of the same key and effect.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const dryRun = await dryRunOf(invocation);
    const at = args.findIndex((arg) => arg.includes('=') || arg.includes(':') || arg.endsWith('-'));
    const [type = '', ...names] = at < 0 ? args : args.slice(0, at);
    const { added, removed } = parseTaints(invocation, at < 0 ? [] : args.slice(at));
    const all = flags.bool('all');
    const labelSelector = flags.string('selector');
    validate(type, names, added, removed, { all, labelSelector });
    const printer = await ResultPrinter.create(invocation, 'none');
    const infos = await findAll(invocation, { args: [type, ...names], labelSelector, all });
    for (const info of infos) {
      const taints: Taint[] = info.object.spec.taints ?? [];
      if (!flags.bool('overwrite')) {
        const present = added.filter((taint) => taints.some((other) => same(taint, other)));
        if (present.length > 0) {
          const keys = [...new Set(present.map(({ key }) => key))].join(',');
          throw new CommandError(
            `node ${info.name} already has ${keys} taint(s) with same effect(s) and --overwrite is false`,
          );
        }
      }
      const { wanted, grown, shrunk } = reorganize(taints, added, removed);
      const operation =
        (grown && shrunk) || flags.bool('overwrite') ? 'modified' : grown ? 'tainted' : 'untainted';
      const changed = await changeObject(invocation, info, dryRun, (copy) => {
        if (wanted.length > 0) copy.spec.taints = wanted;
        else delete copy.spec.taints;
      });
      await printer.print(changed ?? info.object, operation);
    }
  },
};

const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;

function parseTaints(invocation: Invocation, specs: readonly string[]): { added: Taint[]; removed: Taint[] } {
  if (specs.length === 0) throw new CommandError('at least one taint update is required');
  const added: Taint[] = [];
  const removed: Taint[] = [];
  for (const spec of specs) {
    if (spec.endsWith('-')) {
      removed.push(parseTaint(invocation, spec.slice(0, -1)));
      continue;
    }
    const taint = parseTaint(invocation, spec);
    if (!taint.effect) throw invocation.usage(`invalid taint spec: ${spec}`);
    if (added.some((other) => same(other, taint)))
      throw invocation.usage(
        `duplicated taints with the same key and effect: {${taint.key} ${taint.value ?? ''} ${taint.effect} <nil>}`,
      );
    added.push(taint);
  }
  return { added, removed };
}

/** `key=value:effect`, `key:effect` or `key`. */
function parseTaint(invocation: Invocation, spec: string): Taint {
  const invalid = (why?: string) => invocation.usage(`invalid taint spec: ${spec}${why ? `, ${why}` : ''}`);
  const [first = '', effect, ...more] = spec.split(':');
  if (more.length > 0) throw invalid();
  let key = first;
  let value: string | undefined;
  if (effect !== undefined) {
    if (!EFFECTS.includes(effect))
      throw invocation.usage(`invalid taint effect: ${effect}, unsupported taint effect`);
    const [name = '', ...values] = first.split('=');
    if (values.length > 1) throw invalid();
    key = name;
    value = values[0];
    const problems = isLabelValue(value ?? '');
    if (problems.length > 0) throw invalid(problems.join('; '));
  }
  const problems = isQualifiedName(key);
  if (problems.length > 0) throw invalid(problems.join('; '));
  return { key, ...(value ? { value } : {}), effect: effect ?? '' };
}

function validate(
  type: string,
  names: readonly string[],
  added: readonly Taint[],
  removed: readonly Taint[],
  { all, labelSelector }: { all: boolean; labelSelector: string },
): void {
  if (!['node', 'nodes', 'no'].includes(type.toLowerCase()))
    throw new CommandError(`invalid resource type ${type}, only node types are supported`);
  const both = added.filter((taint) =>
    removed.some((other) => other.key === taint.key && (!other.effect || other.effect === taint.effect)),
  );
  if (both.length > 0)
    throw new CommandError(
      `can not both modify and remove the following taint(s) in the same command: ${both
        .map(({ key, effect }) => `${key}=${effect}`)
        .join(', ')}`,
    );
  if (all && labelSelector) throw new CommandError('cannot set --all and --selector at the same time');
  if (!all && !labelSelector && names.length === 0)
    throw new CommandError("at least one resource name must be specified since 'all' parameter is not set");
}

/** New taints first, then the old ones that neither they nor the removals replace. */
function reorganize(
  old: readonly Taint[],
  added: readonly Taint[],
  removed: readonly Taint[],
): { wanted: Taint[]; grown: boolean; shrunk: boolean } {
  let wanted = [...added, ...old.filter((taint) => !added.some((other) => same(taint, other)))];
  const grown = wanted.length !== old.length;
  let shrunk = false;
  const missing: Error[] = [];
  for (const taint of removed) {
    const kept = wanted.filter((other) => (taint.effect ? !same(taint, other) : taint.key !== other.key));
    if (kept.length < wanted.length) shrunk = true;
    else
      missing.push(
        new CommandError(
          `taint ${JSON.stringify(taint.key + (taint.effect ? `:${taint.effect}` : ''))} not found`,
        ),
      );
    wanted = kept;
  }
  if (missing.length > 1) throw new VerbatimError(missing.map((error) => error.message).join('\n'));
  throwAll(missing);
  return { wanted, grown, shrunk };
}
