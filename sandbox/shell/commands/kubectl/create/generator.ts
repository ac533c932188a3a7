/** What the generators of `kubectl create KIND` have in common: their flags, the request, the line at the end. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { mappingOf, resourcePath } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, fieldValidation, VALIDATE_FLAG } from '../dry-run.ts';
import { CommandError } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { withLastApplied } from '../last-applied.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';

const COMMON: readonly Flag[] = [
  ...OUTPUT_FLAGS,
  DRY_RUN_FLAG,
  VALIDATE_FLAG,
  FIELD_MANAGER('kubectl-create'),
  flag('save-config', false, 'Remember the configuration for a later apply.'),
];

export interface Generator {
  use: string;
  short: string;
  examples?: Command['examples'];
  flags?: readonly Flag[];
  /** Flags without which the command is not run. */
  required?: readonly string[];
  /** Cluster-scoped kinds have no namespace even where one is asked for. */
  clusterScoped?: boolean;
  /** What a failure of the server is told after, e.g. `failed to create job: `; without it the error is told as it is. */
  failure?: string;
  /** The object. Throws for wrong arguments. */
  generate(invocation: Invocation, name: string): KubernetesObject | Promise<KubernetesObject>;
}

export function generatorCommand(generator: Generator): Command {
  return {
    use: generator.use,
    short: generator.short,
    ...(generator.examples ? { examples: generator.examples } : {}),
    flags: [...COMMON, ...(generator.flags ?? [])],
    run: async (invocation) => {
      requireFlags(invocation, generator.required ?? []);
      const object = await generator.generate(invocation, nameOf(invocation));
      await createGenerated(invocation, object, generator);
    },
  };
}

/** Cobra's check of required flags. */
export function requireFlags(invocation: Invocation, names: readonly string[]): void {
  const missing = names.filter((name) => !invocation.flags.changed(name));
  if (missing.length > 0)
    throw new CommandError(
      `required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set`,
    );
}

/** The one argument before `--`. */
function nameOf(invocation: Invocation): string {
  const { flags, args } = invocation;
  const before = flags.dashAt < 0 ? args : args.slice(0, flags.dashAt);
  if (before.length !== 1) throw invocation.usage(`exactly one NAME is required, got ${before.length}`);
  return before[0]!;
}

/** The arguments after `--`. */
export const commandOf = ({ flags, args }: Invocation): string[] =>
  flags.dashAt < 0 ? args.slice(1) : args.slice(flags.dashAt);

/** Creates the object, or pretends to, and prints what became of it. */
export async function createGenerated(
  invocation: Invocation,
  generated: KubernetesObject,
  {
    failure,
    clusterScoped,
    operation = 'created',
  }: Pick<Generator, 'failure' | 'clusterScoped'> & { operation?: string },
): Promise<KubernetesObject> {
  const { api, flags } = invocation;
  const dryRun = await dryRunOf(invocation);
  const printer = await ResultPrinter.create(invocation, dryRun);
  const validation = flags.has('validate') ? await fieldValidation(invocation) : 'Strict';
  const { namespace, explicit } = invocation.namespace;
  const metadata = { ...generated.metadata, ...(explicit && !clusterScoped ? { namespace } : {}) };
  let object: KubernetesObject = { ...generated, metadata };
  if (flags.has('save-config') && flags.bool('save-config')) object = withLastApplied(object);
  if (dryRun !== 'client') {
    const mapping = await mappingOf(api, object);
    try {
      object = await api.request('POST', resourcePath(mapping, namespace), {
        query: {
          dryRun: dryRun === 'server' ? 'All' : undefined,
          fieldManager: flags.string('field-manager'),
          fieldValidation: validation,
        },
        body: object,
      });
    } catch (error) {
      if (failure && error instanceof StatusError) throw new CommandError(failure + error.message);
      throw error;
    }
  }
  await printer.print(object, operation);
  return object;
}
