/** Flags by which many verbs choose what to work on. */
import { flag, type Flag } from './flags.ts';
import { CommandError } from './errors.ts';
import type { Invocation } from './invocation.ts';

/** `-f`, `-k`, `-R`. */
export const filenameFlags = (what: string): readonly Flag[] => [
  flag('filename,f', [], `File or directory ${what}`, { kind: 'strings' }),
  flag('kustomize,k', '', 'Directory of a kustomization. Not available in this terminal.'),
  flag('recursive,R', false, 'Take directories given by -f, --filename with all below them.'),
];

export const SELECTOR_FLAG: Flag = flag(
  'selector,l',
  '',
  "Labels to choose by, supports '=', '==', '!=', 'in', 'notin' (e.g. -l key1=value1,key2=value2,key3 in (value3)).",
);

export const FIELD_SELECTOR_FLAG: Flag = flag(
  'field-selector',
  '',
  "Fields to choose by, supports '=', '==', and '!=' (e.g. --field-selector key1=value1,key2=value2).",
);

export const ALL_NAMESPACES_FLAG: Flag = flag(
  'all-namespaces,A',
  false,
  'Objects of all namespaces; the namespace of the context or of --namespace does not matter then.',
);

/** `-f` with its companions. Kustomizations are refused with their reason. */
export function filenamesOf(invocation: Invocation): { filenames: string[]; recursive: boolean } {
  const { flags } = invocation;
  const filenames = flags.list('filename');
  if (flags.string('kustomize')) {
    if (filenames.length > 0) throw new CommandError('only one of -f or -k can be specified');
    throw new CommandError(
      'kustomize is not part of this kubectl: render the manifests elsewhere and use -f',
    );
  }
  return { filenames, recursive: flags.bool('recursive') };
}

/** As `filenamesOf`, for verbs that work on files alone. */
export function requiredFilenamesOf(invocation: Invocation): { filenames: string[]; recursive: boolean } {
  const found = filenamesOf(invocation);
  if (found.filenames.length === 0) throw new CommandError('must specify one of -f and -k');
  return found;
}
