/** The options that `diff`, `log`, `show` and `stash show` have in common, and what they make of changes. */
import { Fatal } from './problems.ts';
import type { Git } from './command.ts';
import type { GitOptions, OptionSpec } from './option-parser.ts';
import {
  nameText,
  numstatText,
  patchText,
  shortStatText,
  statText,
  summaryText,
  type PatchOptions,
} from './patch-text.ts';
import type { Repository } from './repository.ts';
import type { Change, ReadBlob } from './tree-diff.ts';

export const DIFF_OPTIONS: readonly OptionSpec[] = [
  'p,u,patch', 'stat?', 'shortstat', 'numstat', 'name-only', 'name-status', 'summary', 'patch-with-stat', 'U,unified=',
  's,patch-off', 'w,ignore-all-space', 'b,ignore-space-change', 'color?', 'exit-code', 'quiet', 'M,find-renames?',
  'renames', 'diff-filter=', 'word-diff?', 'raw', 'compact-summary',
]; // prettier-ignore

const FORMATS = [
  'patch',
  'stat',
  'shortstat',
  'numstat',
  'name-only',
  'name-status',
  'summary',
  'patch-with-stat',
] as const;

export const hasFormat = (options: GitOptions): boolean => FORMATS.some((key) => options.has(key));

export function patchOptions(git: Git, options: GitOptions): PatchOptions {
  for (const key of ['word-diff', 'raw', 'compact-summary'])
    if (options.has(key)) throw new Fatal(`--${key} is not built here; try -p or --stat`);
  const normal = options.has('ignore-all-space')
    ? (line: string) => line.replace(/\s+/g, '')
    : options.has('ignore-space-change')
      ? (line: string) => line.replace(/\s+/g, ' ').trimEnd()
      : (line: string) => line;
  const colour =
    options.get('color') ?? (options.has('color') ? 'always' : options.denied('color') ? 'never' : 'auto');
  const width = /^(\d+)/.exec(options.get('stat') ?? '')?.[1];
  return {
    context: Number(options.get('unified') ?? 3),
    normal,
    paint: colour === 'never' ? (_, text) => text : git.paint,
    width: width === undefined ? git.width : Number(width),
  };
}

/** Changes in the formats that were asked for; a patch when none was. */
export async function changesText(
  git: Git,
  repository: Repository,
  changes: readonly Change[],
  read: ReadBlob,
  options: GitOptions,
  fallback: (typeof FORMATS)[number] = 'patch',
): Promise<string> {
  const filter = options.get('diff-filter');
  const kept = filter === undefined ? changes : changes.filter(({ status }) => filter.includes(status));
  const how = patchOptions(git, options);
  const wants = (key: (typeof FORMATS)[number]) =>
    options.has(key) || (key === fallback && !hasFormat(options));
  const { process } = git;
  let out = '';
  if (wants('numstat')) out += await numstatText(process, kept, read);
  if (wants('stat') || wants('patch-with-stat')) out += await statText(process, kept, read, how);
  if (wants('shortstat')) out += await shortStatText(process, kept, read);
  if (wants('summary')) out += summaryText(kept);
  if (wants('name-only')) out += nameText(kept, false);
  if (wants('name-status')) out += nameText(kept, true);
  if (
    (wants('patch') || wants('patch-with-stat') || options.get('unified') !== undefined) &&
    !options.has('patch-off')
  )
    out += (out === '' ? '' : '\n') + (await patchText(repository, kept, read, how));
  return out;
}
