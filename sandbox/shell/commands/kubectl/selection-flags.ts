/** Flags by which many verbs choose what to work on. */
import { flag, type Flag } from './flags.ts';
import { CommandError } from './errors.ts';
import type { Invocation } from './invocation.ts';

/** `-f`, `-k`, `-R`. */
export const filenameFlags = (what: string): readonly Flag[] => [
  flag('filename,f', [], `File or directory ${what}`, { kind: 'strings' }),
  flag('kustomize,k', '', 'Directory of a kustomization to build and work on. Cannot be used with -f or -R.'),
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

/** What `-f` or `-k` names. */
export interface Filenames {
  filenames: string[];
  recursive: boolean;
  /** The one filename is the directory of a kustomization. */
  kustomize: boolean;
}

/** `-f` or `-k` with their companions. */
export function filenamesOf(invocation: Invocation): Filenames {
  const { flags } = invocation;
  const filenames = flags.list('filename');
  const kustomization = flags.string('kustomize');
  const recursive = flags.bool('recursive');
  if (!kustomization) return { filenames, recursive, kustomize: false };
  if (filenames.length > 0) throw new CommandError('only one of -f or -k can be specified');
  if (recursive) throw new CommandError("the -k flag can't be used with -f or -R");
  return { filenames: [kustomization], recursive, kustomize: true };
}

/** As `filenamesOf`, for verbs that work on files alone. */
export function requiredFilenamesOf(invocation: Invocation): Filenames {
  const found = filenamesOf(invocation);
  if (found.filenames.length === 0) throw new CommandError('must specify one of -f and -k');
  return found;
}
