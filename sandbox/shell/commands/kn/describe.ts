/** What all `describe` commands have in common: one object by its name, for people or as `-o` says. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { CommandError } from '../kubectl/errors.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { outputPrinter } from '../kubectl/printers/output.ts';
import { KnClient } from './client.ts';
import type { KnCommand } from './command.ts';
import type { Kind } from './objects.ts';
import { DESCRIBE_FLAGS, Description } from './output.ts';

export interface DescribeInit<T extends KubernetesObject> {
  kind: Kind<T>;
  short: string;
  /** What is said without a name. */
  nameless: string;
  /** What `-o url` prints; undefined: that is no format. */
  url?(object: T): string;
  write(
    description: Description,
    object: T,
    more: { details: boolean; nowMs: number; invocation: Invocation },
  ): Promise<void> | void;
}

export const describing = <T extends KubernetesObject>({
  kind,
  short,
  nameless,
  url,
  write,
}: DescribeInit<T>): KnCommand => ({
  use: 'describe NAME',
  short,
  flags: DESCRIBE_FLAGS,
  run: async (invocation) => {
    const { args, flags } = invocation;
    if (args.length !== 1) throw new CommandError(nameless);
    const object = await new KnClient(invocation, kind).get(args[0]!);
    if (url && flags.string('output').toLowerCase() === 'url') {
      await invocation.print(`${url(object)}\n`);
      return;
    }
    const printer = await outputPrinter(invocation);
    if (printer) {
      await invocation.print(printer(object));
      return;
    }
    const description = new Description();
    await write(description, object, { details: flags.bool('verbose'), nowMs: invocation.now(), invocation });
    await invocation.print(description.toString());
  },
});
