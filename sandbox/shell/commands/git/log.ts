/** `git log` and `git rev-list`. */
import { mergedReader } from './blobs.ts';
import type { Git, GitCommand } from './command.ts';
import { changesText, DIFF_OPTIONS, hasFormat } from './diff-options.ts';
import { splitOperands } from './diff.ts';
import { mergeBases, walkHistory, type HistoryEntry } from './history.ts';
import { commitText, decorations, type LogFormat } from './log-format.ts';
import { LogGraph } from './log-graph.ts';
import { EMPTY_TREE, type ObjectId } from './objects.ts';
import type { GitOptions, OptionSpec } from './option-parser.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import { parseDate } from '../date/parse-date.ts';
import type { Repository } from './repository.ts';
import { commitOf, peel } from './revision.ts';
import { translate } from '../../regular-expression.ts';
import { compareFiles, type Change } from './tree-diff.ts';
import { filesOf } from './tree-files.ts';

export const FORMAT_OPTIONS: readonly OptionSpec[] = [
  'oneline',
  'pretty?',
  'format=',
  'abbrev-commit',
  'date=',
  'decorate?',
  'relative-date',
];

const WALK_OPTIONS: readonly OptionSpec[] = [
  'n,max-count=', 'skip=', 'all', 'branches', 'tags', 'remotes', 'reverse', 'first-parent', 'merges', 'author=', 'grep=', 'since=', 'after=', 'until=', 'before=', 'topo-order', 'date-order', 'follow', 'i,regexp-ignore-case', 'S=', 'count',
]; // prettier-ignore

export const log: GitCommand = {
  usage: 'usage: git log [<options>] [<revision-range>] [[--] <path>...]',
  options: [...FORMAT_OPTIONS, ...WALK_OPTIONS, ...DIFF_OPTIONS, 'graph'],
  fatalOptions: true,
  run: async (git, options) => {
    const { repository } = git;
    if (repository.head === undefined && options.operands.length === 0 && !options.has('all'))
      throw new Fatal(`your current branch '${repository.refs.branch}' does not have any commits yet`);
    const { entries, found } = await chosen(git, options, options.has('graph'));
    git.page();
    await git.print(await logText(git, entries, found, options));
  },
};

export const revList: GitCommand = {
  usage: 'usage: git rev-list [<options>] <commit>... [--] [<path>...]',
  options: WALK_OPTIONS,
  run: async (git, options) => {
    if (options.operands.length === 0 && !options.has('all')) throw new Fatal(`${revList.usage}`, 129);
    const { entries } = await chosen(git, options, false);
    if (options.has('count')) return void (await git.print(`${entries.length}\n`));
    await git.print(entries.map(({ id }) => `${id}\n`).join(''));
  },
};

/** `a..b`, `a...b`, `^a` and plain names: what is shown and what is not. */
export async function rangeOf(
  repository: Repository,
  words: readonly string[],
): Promise<{ starts: ObjectId[]; excluded: ObjectId[] }> {
  const [starts, excluded]: [ObjectId[], ObjectId[]] = [[], []];
  for (const word of words) {
    const range = /^(.*?)(\.\.\.?)(.*)$/.exec(word);
    if (!range) {
      if (word.startsWith('^')) excluded.push(await commitOf(repository, word.slice(1)));
      else starts.push(await commitOf(repository, word));
      continue;
    }
    const [a, b] = [
      await commitOf(repository, range[1] || 'HEAD'),
      await commitOf(repository, range[3] || 'HEAD'),
    ];
    if (range[2] === '..') {
      excluded.push(a);
      starts.push(b);
    } else {
      starts.push(a, b);
      excluded.push(...(await mergeBases(repository, a, b)));
    }
  }
  return { starts, excluded };
}

/** The commits to show, and the ids of all that there would be without a limit. */
async function chosen(
  git: Git,
  options: GitOptions,
  graph: boolean,
): Promise<{ entries: HistoryEntry[]; found: Set<ObjectId> }> {
  const { repository } = git;
  const { revisions, paths } = await splitOperands(repository, options);
  const { starts, excluded } = await rangeOf(repository, revisions);
  const every: [string, string][] = [
    ['all', 'refs/'],
    ['branches', 'refs/heads/'],
    ['tags', 'refs/tags/'],
    ['remotes', 'refs/remotes/'],
  ];
  for (const [key, prefix] of every) {
    if (!options.has(key)) continue;
    for (const [, id] of repository.refs.list(prefix)) {
      const commit = await peel(repository, id, 'commit');
      if (commit !== undefined) starts.push(commit);
    }
  }
  if (starts.length === 0 || options.has('all'))
    if (repository.head !== undefined) starts.unshift(repository.head);
  let entries = await walkHistory(repository, starts, excluded, {
    topological: graph || options.has('topo-order'),
    firstParent: options.has('first-parent'),
  });
  const now = git.process.machine.clock.now();
  const moment = (key: string) => {
    const text = options.get(key);
    if (text === undefined) return undefined;
    return parseDate(text.replace(/(\d)\.(\w)/g, '$1 $2').replaceAll('.', ' '), now);
  };
  const [since, until] = [moment('since') ?? moment('after'), moment('until') ?? moment('before')];
  entries = entries.filter(
    (entry) =>
      (since === undefined || entry.committer.seconds * 1000 >= since) &&
      (until === undefined || entry.committer.seconds * 1000 <= until) &&
      (!options.has('merges') || entry.parents.length > 1) &&
      (!options.denied('merges') || entry.parents.length < 2),
  );
  entries = await matching(
    git,
    entries,
    options,
    'author',
    ({ author }) => `${author.name} <${author.email}>`,
  );
  entries = await matching(git, entries, options, 'grep', ({ message }) => message.replaceAll('\n', ' '));
  const pathspec = new Pathspec(repository, paths);
  const needle = options.get('S');
  if (!pathspec.isEmpty || needle !== undefined)
    entries = await touching(repository, entries, pathspec, needle);
  const skip = Number(options.get('skip') ?? 0);
  const limit = options.get('max-count');
  const found = new Set(entries.map(({ id }) => id));
  entries = entries.slice(skip, limit === undefined ? undefined : skip + Number(limit));
  return { entries: options.has('reverse') ? entries.reverse() : entries, found };
}

/** Those whose text fits the expression of an option: looked at where an endless one can be stopped. */
async function matching(
  git: Git,
  entries: HistoryEntry[],
  options: GitOptions,
  key: string,
  textOf: (entry: HistoryEntry) => string,
): Promise<HistoryEntry[]> {
  const pattern = options.get(key);
  if (pattern === undefined) return entries;
  const { batch } = git.process.machine;
  if (!batch)
    throw new Fatal(`--${key} is not available here: this machine has no workers to look for it in`);
  const { source } = translate(pattern, false);
  const flags = options.has('regexp-ignore-case') ? 'giu' : 'gu';
  const found = new Set(
    (await batch.matchLines(git.process, source, flags, entries.map(textOf))).map(({ line }) => line),
  );
  return entries.filter((_, i) => found.has(i));
}

/** Commits that changed a path; a merge only when it differs from all its parents. */
async function touching(
  repository: Repository,
  entries: HistoryEntry[],
  pathspec: Pathspec,
  needle: string | undefined,
): Promise<HistoryEntry[]> {
  const result: HistoryEntry[] = [];
  for (const entry of entries) {
    const differs: boolean[] = [];
    for (const parent of entry.parents.length === 0 ? [undefined] : entry.parents) {
      const changes = await changesSince(repository, entry, parent, pathspec, false);
      differs.push(
        needle === undefined ? changes.length > 0 : await countDiffers(repository, changes, needle),
      );
    }
    if (differs.every(Boolean)) result.push(entry);
  }
  return result;
}

async function countDiffers(
  repository: Repository,
  changes: readonly Change[],
  needle: string,
): Promise<boolean> {
  const decoder = new TextDecoder();
  const count = async (id: string | undefined) =>
    id === undefined ? 0 : decoder.decode(await repository.objects.blob(id)).split(needle).length - 1;
  for (const { old, new: fresh } of changes)
    if ((await count(old?.id)) !== (await count(fresh?.id))) return true;
  return false;
}

export async function changesSince(
  repository: Repository,
  entry: HistoryEntry,
  parent: ObjectId | undefined,
  pathspec?: Pathspec,
  renames = true,
): Promise<Change[]> {
  const { objects } = repository;
  const before = parent === undefined ? EMPTY_TREE : (await objects.commit(parent)).tree;
  return await compareFiles(await filesOf(objects, before), await filesOf(objects, entry.tree), {
    renames: renames ? mergedReader(repository) : undefined,
    ...(pathspec ? { matches: (path: string) => pathspec.matches(path) } : {}),
  });
}

export async function formatOf(git: Git, options: GitOptions): Promise<LogFormat> {
  const given = options.get('format') ?? options.get('pretty');
  const name =
    options.last('oneline', 'pretty', 'format') === 'oneline'
      ? 'oneline'
      : given === undefined
        ? 'medium'
        : given.includes('%') && !/^t?format:/.test(given)
          ? `tformat:${given}`
          : given;
  const decorate =
    options.get('decorate') ??
    (options.has('decorate')
      ? 'short'
      : options.denied('decorate')
        ? 'no'
        : git.hasTerminal
          ? 'short'
          : 'no');
  const wantsNames = decorate !== 'no' || /%[dD]/.test(name);
  return {
    name,
    short:
      (options.has('oneline') &&
        options.last('oneline', 'abbrev-commit') !== undefined &&
        !options.denied('abbrev-commit')) ||
      options.has('abbrev-commit'),
    date: options.has('relative-date')
      ? 'relative'
      : (options.get('date') ?? git.config.get('log.date') ?? 'default'),
    decorations: wantsNames ? await decorations(git.repository) : undefined,
  };
}

/** A parent that is not shown is stood for by what is shown behind it. */
async function nearestShown(
  repository: Repository,
  parents: readonly ObjectId[],
  shown: ReadonlySet<ObjectId>,
): Promise<ObjectId[]> {
  const result = new Set<ObjectId>();
  const seen = new Set<ObjectId>();
  const queue = [...parents];
  for (let id; (id = queue.shift()) !== undefined;) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (shown.has(id)) result.add(id);
    else queue.push(...(await repository.objects.commit(id)).parents);
  }
  return [...result];
}

async function logText(
  git: Git,
  entries: readonly HistoryEntry[],
  found: ReadonlySet<ObjectId>,
  options: GitOptions,
): Promise<string> {
  const { repository } = git;
  const format = await formatOf(git, options);
  const { paths } = await splitOperands(repository, options);
  const graph = options.has('graph') ? new LogGraph() : undefined;
  const separated = format.name.startsWith('format:');
  const long = format.name !== 'oneline' && !/^t?format:/.test(format.name);
  let out = '';
  for (const [i, entry] of entries.entries()) {
    let text = commitText(git, entry, format);
    if (hasFormat(options) && entry.parents.length < 2) {
      const changes = await changesSince(
        repository,
        entry,
        entry.parents[0],
        new Pathspec(repository, paths),
      );
      const patch = await changesText(git, repository, changes, mergedReader(repository), options);
      const custom = /^t?format:/.test(format.name);
      if (patch !== '') text += (long || custom ? '\n' : '') + patch;
    }
    if (graph) {
      const parents = await nearestShown(repository, entry.parents, found);
      const rows = graph.rows(entry.id, parents, text.replace(/\n$/, '').split('\n'), long && i > 0);
      out += rows.map((row) => `${row}\n`).join('');
    } else out += text + (long && i < entries.length - 1 ? '\n' : '');
  }
  return separated ? out.replace(/\n$/, '') : out;
}
