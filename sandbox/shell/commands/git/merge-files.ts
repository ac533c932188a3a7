/**
 * Three lists of files into the working tree and the index, as git's merges, cherry-picks, reverts, rebases and stashes
 * do it. Left out: renames (a file renamed on one side and changed on the other is a modify/delete conflict here).
 */
import { decode, encode } from '../../../core/bytes.ts';
import { Failed } from './problems.ts';
import { Ignore } from './ignore.ts';
import { SYMLINK_MODE, type ObjectId } from './objects.ts';
import { mergeTexts, type MergeLabels } from './merge-text.ts';
import type { Repository } from './repository.ts';
import { filesOf, sameFile, type TreeFile, type TreeFiles } from './tree-files.ts';
import {
  checkOutFile,
  currentFile,
  readWorktreeFile,
  removeWorktreeFile,
  untrackedFiles,
  writeWorktreeFile,
} from './worktree.ts';

export interface MergeOutcome {
  /** What git says while it merges, line by line: `Auto-merging f`, `CONFLICT (content): …`. */
  messages: string[];
  conflicts: string[];
}

type Merged =
  | { kind: 'file'; file: TreeFile | undefined; message?: string }
  | { kind: 'conflict'; body: Uint8Array | undefined; mode: number; messages: string[] };

export async function mergeFiles(
  repository: Repository,
  trees: { base: ObjectId; ours: ObjectId; theirs: ObjectId },
  labels: MergeLabels,
  verb: string,
): Promise<MergeOutcome> {
  const { objects, index } = repository;
  const [base, ours, theirs] = [
    await filesOf(objects, trees.base),
    await filesOf(objects, trees.ours),
    await filesOf(objects, trees.theirs),
  ];
  const results = new Map<string, Merged>();
  for (const path of [...new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])].sort()) {
    const merged = await mergeOne(repository, path, base.get(path), ours.get(path), theirs.get(path), labels);
    if (merged.kind === 'conflict' || !sameFile(merged.file, ours.get(path)) || merged.message !== undefined)
      results.set(path, merged);
  }
  const changed = [...results].filter(
    ([path, merged]) => merged.kind === 'conflict' || !sameFile(merged.file, ours.get(path)),
  );
  await refuseToOverwrite(
    repository,
    changed.map(([path]) => path),
    verb,
    theirs,
  );
  const outcome: MergeOutcome = { messages: [], conflicts: [] };
  for (const [path, merged] of results) {
    if (merged.kind === 'file') {
      if (merged.message !== undefined) outcome.messages.push(merged.message);
      if (sameFile(merged.file, ours.get(path))) continue;
      if (merged.file) await checkOutFile(repository, path, merged.file);
      else {
        removeWorktreeFile(repository, path);
        index.remove(path);
      }
      continue;
    }
    outcome.messages.push(...merged.messages);
    outcome.conflicts.push(path);
    if (merged.body) writeWorktreeFile(repository, path, merged.body, merged.mode);
    index.remove(path);
    for (const [stage, files] of [base, ours, theirs].entries()) {
      const file = files.get(path);
      if (file) index.add({ path, ...file, stage: stage + 1, mtimeMs: 0, sizeBytes: 0, inode: 0 });
    }
  }
  index.write();
  return outcome;
}

async function mergeOne(
  repository: Repository,
  path: string,
  base: TreeFile | undefined,
  ours: TreeFile | undefined,
  theirs: TreeFile | undefined,
  labels: MergeLabels,
): Promise<Merged> {
  if (sameFile(ours, theirs) || sameFile(base, theirs)) return { kind: 'file', file: ours };
  if (sameFile(base, ours)) return { kind: 'file', file: theirs };
  const { objects, process } = repository;
  if (!ours || !theirs) {
    const [gone, kept, file] = ours
      ? [labels.theirs, labels.ours, ours]
      : [labels.ours, labels.theirs, theirs!];
    return {
      kind: 'conflict',
      body: await objects.blob(file.id),
      mode: file.mode,
      messages: [
        `CONFLICT (modify/delete): ${path} deleted in ${gone} and modified in ${kept}.  Version ${kept} of ${path} left in tree.`,
      ],
    };
  }
  const mode = base && base.mode === ours.mode ? theirs.mode : ours.mode;
  if (ours.id === theirs.id) return { kind: 'file', file: { mode, id: ours.id } };
  const bodies = [
    base && base.mode !== SYMLINK_MODE ? await objects.blob(base.id) : new Uint8Array(0),
    await objects.blob(ours.id),
    await objects.blob(theirs.id),
  ] as const;
  if (base?.id === ours.id) return { kind: 'file', file: { mode, id: theirs.id } };
  if (base?.id === theirs.id) return { kind: 'file', file: { mode, id: ours.id } };
  const kind = base ? 'content' : 'add/add';
  if (
    [ours, theirs].some((file) => file.mode === SYMLINK_MODE) ||
    bodies.some((body) => body.subarray(0, 8000).includes(0))
  )
    return {
      kind: 'conflict',
      body: bodies[1],
      mode: ours.mode,
      messages: [
        `warning: Cannot merge binary files: ${path} (${labels.ours} vs. ${labels.theirs})`,
        `Auto-merging ${path}`,
        `CONFLICT (${kind}): Merge conflict in ${path}`,
      ],
    };
  const [o, a, b] = bodies.map(decode) as [string, string, string];
  const { text, conflicts } = await mergeTexts(process, o, a, b, labels);
  const auto = `Auto-merging ${path}`;
  if (conflicts === 0)
    return { kind: 'file', file: { mode, id: await objects.write('blob', encode(text)) }, message: auto };
  return {
    kind: 'conflict',
    body: encode(text),
    mode,
    messages: [auto, `CONFLICT (${kind}): Merge conflict in ${path}`],
  };
}

const ADVICE: Readonly<Record<string, string>> = {
  checkout: 'switch branches',
  'cherry-pick': 'cherry-pick',
  revert: 'revert',
  merge: 'merge',
};

/** Fails as git does when `paths` have changes or untracked files that would be lost. */
export async function refuseToOverwrite(
  repository: Repository,
  paths: readonly string[],
  verb: string,
  incoming: TreeFiles,
): Promise<void> {
  const head = await filesOf(repository.objects, await repository.headTree());
  const { index } = repository;
  const [dirty, untracked]: [string[], string[]] = [[], []];
  for (const path of paths) {
    const entry = index.get(path);
    if (!entry) {
      const file = incoming.has(path) ? readWorktreeFile(repository, path) : undefined;
      if (file && !sameFile(file, incoming.get(path))) untracked.push(path);
      continue;
    }
    const current = await currentFile(repository, entry);
    const staged = !sameFile(entry, head.get(path));
    const touched = current !== undefined && !sameFile(current, entry);
    if ((staged || touched) && !(sameFile(entry, incoming.get(path)) && !touched)) dirty.push(path);
  }
  await refuse(repository, verb, dirty, untracked);
}

async function refuse(
  repository: Repository,
  verb: string,
  dirty: string[],
  untracked: string[],
): Promise<void> {
  if (dirty.length + untracked.length === 0) return;
  const list = (paths: string[]) =>
    paths
      .sort()
      .map((path) => `\t${path}\n`)
      .join('');
  const parts: string[] = [];
  const advice = ADVICE[verb] ?? verb;
  if (dirty.length > 0)
    parts.push(
      `Your local changes to the following files would be overwritten by ${verb}:\n${list(dirty)}Please commit your changes or stash them before you ${advice}.`,
    );
  if (untracked.length > 0) {
    // Ignored files may be overwritten, as git's default has it.
    const ignored = new Set((await untrackedFiles(repository, new Ignore(repository), true)).ignored);
    const kept = untracked.filter((path) => !ignored.has(path));
    if (kept.length > 0)
      parts.push(
        `The following untracked working tree files would be overwritten by ${verb}:\n${list(kept)}Please move or remove them before you ${advice}.`,
      );
  }
  if (parts.length > 0) throw new Failed(`${parts.join('\nerror: ')}\nAborting`);
}

/** Makes index and working tree those of another tree, keeping changes to files that the two have in common. */
export async function switchFiles(
  repository: Repository,
  from: ObjectId,
  to: ObjectId,
  verb: string,
): Promise<void> {
  const { objects, index } = repository;
  const [before, after] = [await filesOf(objects, from), await filesOf(objects, to)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => !sameFile(before.get(path), after.get(path)),
  );
  await refuseToOverwrite(repository, paths, verb, after);
  for (const path of paths.filter((each) => !after.has(each))) {
    removeWorktreeFile(repository, path);
    index.remove(path);
  }
  for (const path of paths) {
    const file = after.get(path);
    if (file && !sameFile(index.get(path), file)) await checkOutFile(repository, path, file);
  }
  index.write();
}

/** As `switchFiles`, with all changes thrown away (`reset --hard`, `checkout -f`). */
export async function forceFiles(repository: Repository, tree: ObjectId): Promise<void> {
  const { objects, index } = repository;
  const after = await filesOf(objects, tree);
  for (const path of index.paths)
    if (!after.has(path)) {
      removeWorktreeFile(repository, path);
      index.remove(path);
    }
  for (const [path, file] of after) {
    const entry = index.get(path);
    if (entry && sameFile(entry, file) && sameFile(await currentFile(repository, entry), file)) continue;
    await checkOutFile(repository, path, file);
  }
  index.write();
}
