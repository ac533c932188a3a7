/** `git show`: a commit with what it changed, a tag, a tree, a file of a commit. */
import { mergedReader } from './blobs.ts';
import type { Git, GitCommand } from './command.ts';
import { combinedPatch } from './combined-patch.ts';
import { changesText, DIFF_OPTIONS, hasFormat, patchOptions } from './diff-options.ts';
import { splitOperands } from './diff.ts';
import { changesSince, FORMAT_OPTIONS, formatOf } from './log.ts';
import { commitText } from './log-format.ts';
import { DIRECTORY_MODE, type Commit, type ObjectId } from './objects.ts';
import type { GitOptions } from './option-parser.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import { resolveRevision } from './revision.ts';
import { dateText } from './signature.ts';
import { filesOf } from './tree-files.ts';

export const show: GitCommand = {
  usage: 'usage: git show [<options>] [<object>...]',
  options: [...FORMAT_OPTIONS, ...DIFF_OPTIONS],
  fatalOptions: true,
  run: async (git, options) => {
    const { repository } = git;
    const { revisions, paths } = await splitOperands(repository, options);
    if (revisions.length === 0 && repository.head === undefined)
      throw new Fatal(`your current branch '${repository.refs.branch}' does not have any commits yet`);
    git.page();
    for (const [i, name] of (revisions.length === 0 ? ['HEAD'] : revisions).entries()) {
      const id = await resolveRevision(repository, name);
      if (id === undefined) throw new Fatal(`bad object ${name}`);
      const { type } = await repository.objects.read(id);
      if (i > 0 && (type === 'commit' || type === 'tag')) await git.print('\n');
      await showObject(git, id, name, options, paths);
    }
  },
};

async function showObject(
  git: Git,
  id: ObjectId,
  name: string,
  options: GitOptions,
  paths: string[],
): Promise<void> {
  const { repository } = git;
  const { type, body } = await repository.objects.read(id);
  if (type === 'blob') return void (await git.print(new TextDecoder().decode(body)));
  if (type === 'tree') {
    const entries = await repository.objects.tree(id);
    return void (await git.print(
      `tree ${name}\n\n${entries.map((each) => `${each.name}${each.mode === DIRECTORY_MODE ? '/' : ''}\n`).join('')}`,
    ));
  }
  if (type === 'tag') {
    const tag = await repository.objects.tag(id);
    const { tagger } = tag;
    await git.print(
      `${git.paint('commit', `tag ${tag.name}`)}\nTagger: ${tagger.name} <${tagger.email}>\nDate:   ${dateText(tagger, 'default', 0)}\n\n${tag.message}\n`,
    );
    return await showObject(git, tag.object, name, options, paths);
  }
  const entry = { id, ...(await repository.objects.commit(id)) };
  const format = await formatOf(git, options);
  let text = commitText(git, entry, format);
  if (entry.parents.length < 2 && !options.has('patch-off')) {
    const changes = await changesSince(repository, entry, entry.parents[0], new Pathspec(repository, paths));
    const patch = await changesText(git, repository, changes, mergedReader(repository), options);
    if (patch !== '') text += (format.name === 'oneline' ? '' : '\n') + patch;
  }
  if (entry.parents.length > 1 && !hasFormat(options) && !options.has('patch-off')) {
    text += `\n${await mergePatch(git, entry, options)}`;
  }
  await git.print(text);
}

/** What a merge has that none of its parents had. */
async function mergePatch(git: Git, entry: Commit, options: GitOptions): Promise<string> {
  const { repository } = git;
  const { objects } = repository;
  const result = await filesOf(objects, entry.tree);
  const parents = [];
  for (const parent of entry.parents)
    parents.push(await filesOf(objects, (await objects.commit(parent)).tree));
  let out = '';
  for (const [path, { id }] of result) {
    const versions = parents.map((files) => files.get(path)?.id);
    if (versions.includes(id) || versions.includes(undefined)) continue;
    const bodies = [];
    for (const version of versions) bodies.push({ id: version!, body: await objects.blob(version!) });
    out += await combinedPatch(
      repository,
      { path, parents: bodies, id, body: await objects.blob(id) },
      patchOptions(git, options),
    );
  }
  return out;
}
