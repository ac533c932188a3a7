/** The kubeconfig that `kubectl config` reads and writes; a file that is not there is an empty one. */
import type { Invocation } from '../invocation.ts';
import { Kubeconfig } from '../kubeconfig.ts';

export const editedConfig = ({ process, flags }: Invocation): Kubeconfig =>
  Kubeconfig.load(process, flags.string('kubeconfig'), true);

/** The one argument. Throws for none and for more. */
export function oneName(invocation: Invocation): string {
  const { args } = invocation;
  if (args.length !== 1) throw invocation.usage(`unexpected args: [${args.join(' ')}]`);
  return args[0]!;
}
