/** What the verbs below `kubectl set` have in common: choose objects, change a copy, patch the difference. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER } from '../dry-run.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { changeObject, podSpecOf } from '../patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { find } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';

export interface Setter<Input> {
  use: string;
  short: string;
  examples?: Command['examples'];
  flags?: readonly Flag[];
  /** What was done: `image updated`. */
  done: string;
  /** Said before the server's own words when it refuses; those words alone without it. */
  failure?: string;
  /** Reads the arguments; `resources` are those that choose objects. Throws for wrong ones. */
  read(
    invocation: Invocation,
  ): { resources: string[]; input: Input } | Promise<{ resources: string[]; input: Input }>;
  /** Looks at the input once the objects are found. Throws for a wrong one. */
  check?(input: Input): void;
  /** Changes the copy. Throws `CommandError` where it cannot. Returns true where the object was only shown. */
  change(
    invocation: Invocation,
    copy: KubernetesObject,
    input: Input,
  ): boolean | void | Promise<boolean | void>;
}

export function setterCommand<Input>(setter: Setter<Input>): Command {
  return {
    use: setter.use,
    short: setter.short,
    ...(setter.examples ? { examples: setter.examples } : {}),
    flags: [
      ...OUTPUT_FLAGS,
      ...filenameFlags('with what to change.'),
      SELECTOR_FLAG,
      DRY_RUN_FLAG,
      FIELD_MANAGER('kubectl-set'),
      flag('all', false, 'Every resource of the types, in the namespace.'),
      flag('local', false, 'Only print what would become of the file; ask no server.'),
      ...(setter.flags ?? []),
    ],
    run: async (invocation) => {
      const { flags } = invocation;
      const { resources, input } = await setter.read(invocation);
      const local = flags.bool('local');
      const dryRun = local ? 'client' : await dryRunOf(invocation);
      const printer = await ResultPrinter.create(invocation, local ? 'none' : dryRun);
      const { infos, errors } = await find(invocation, {
        args: resources,
        ...filenamesOf(invocation),
        labelSelector: flags.string('selector'),
        all: flags.bool('all'),
        requireName: true,
        continueOnError: true,
        latest: true,
        local,
      });
      if (errors.length === 0) setter.check?.(input);
      const failures = [...errors];
      for (const info of infos) {
        try {
          const probe = structuredClone(info.object) as KubernetesObject;
          if (await setter.change(invocation, probe, input)) continue;
          const changed = await changeObject(invocation, info, dryRun, (copy) => Object.assign(copy, probe));
          if (changed || printer.printsObjects) await printer.print(changed ?? info.object, setter.done);
        } catch (error) {
          if (error instanceof StatusError)
            failures.push(
              setter.failure === undefined ? error : new CommandError(`${setter.failure}${error.message}`),
            );
          else if (error instanceof ChangeError)
            failures.push(new CommandError(`${info.mapping.resource}/${info.name} ${error.message}`));
          else if (error instanceof CommandError) failures.push(error);
          else throw error;
        }
      }
      throwAll(failures);
    },
  };
}

/** Why an object cannot be changed; told after the object's name. */
export class ChangeError extends CommandError {}

/** The pod spec of an object, or of its template. Throws `ChangeError` for objects that have none. */
export function podSpecToChange(copy: KubernetesObject): Record<string, any> {
  const spec = podSpecOf(copy);
  if (spec) return spec;
  const version = copy.apiVersion?.split('/').at(-1) ?? '';
  throw new ChangeError(`the object is not a pod or does not have a pod template: *${version}.${copy.kind}`);
}

/** Throws unless arguments or files say what to change. */
export function requireResources({ flags }: Invocation, resources: readonly string[]): void {
  if (resources.length === 0 && flags.list('filename').length === 0)
    throw new CommandError(
      'one or more resources must be specified as <resource> <name> or <resource>/<name>',
    );
}

/** Arguments that choose objects, and after them those of the form `KEY=VALUE` (or `KEY-`), which are `what`. */
export function splitArguments(
  args: readonly string[],
  isChange: (arg: string) => boolean,
  what: string,
): [string[], string[]] {
  const first = args.findIndex(isChange);
  if (first < 0) return [[...args], []];
  const changes = args.slice(first);
  if (!changes.every(isChange))
    throw new CommandError(`all resources must be specified before ${what} changes: ${args.join(' ')}`);
  return [args.slice(0, first), changes];
}
