/** `git commit`. */
import type { Git, GitCommand } from './command.ts';
import { mergedReader } from './blobs.ts';
import { EMPTY_TREE, type Commit, type ObjectId } from './objects.ts';
import { Pathspec } from './pathspec.ts';
import { shortStatText, summaryText } from './patch-text.ts';
import { Failed, Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { abbreviate, commitOf } from './revision.ts';
import { dateText, signatureOf, type Signature } from './signature.ts';
import { longStatus } from './status.ts';
import { subjectOf } from './subject.ts';
import { statusList } from './status-list.ts';
import { compareFiles } from './tree-diff.ts';
import { filesOf, indexFiles, sameFile, writeTreeOf } from './tree-files.ts';
import { currentFile, stageFile } from './worktree.ts';

export const commit: GitCommand = {
  usage:
    'usage: git commit [-a] [-m <msg> | -F <file> | -C <commit>] [--amend] [--no-edit] [--allow-empty] [--author=<author>] [--date=<date>] [-s] [-q] [--] [<pathspec>...]',
  options: [
    'a,all',
    'm,message=',
    'F,file=',
    'C,reuse-message=',
    'amend',
    'edit',
    'allow-empty',
    'allow-empty-message',
    'author=',
    'date=',
    's,signoff',
    'q,quiet',
    'v,verbose',
    'n,verify',
    'dry-run',
    'reset-author',
    'p,patch',
    'o,only',
    'i,include',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    const { index } = repository;
    if (options.has('patch')) throw new Fatal('--patch is not built here: add whole files');
    if (options.has('amend') && repository.head === undefined) throw new Fatal('You have nothing to amend.');
    if (options.has('amend') && repository.read('MERGE_HEAD') !== undefined)
      throw new Fatal('You are in the middle of a merge -- cannot amend.');
    if (options.has('all') && options.everything.length > 0)
      throw new Fatal(`paths '${options.everything[0]} ...' with -a does not make sense`);
    if (options.has('all')) await stageTracked(repository);
    if (options.everything.length > 0) await stagePaths(repository, options.everything);
    await refuseUnmerged(git, repository);
    const amended = options.has('amend') ? await repository.objects.commit(repository.head!) : undefined;
    const merging = (repository.read('MERGE_HEAD') ?? '').split('\n').filter(Boolean);
    const tree = await writeTreeOf(repository.objects, indexFiles(index));
    const parents = amended
      ? amended.parents
      : [...(repository.head === undefined ? [] : [repository.head]), ...merging];
    const before = parents[0] === undefined ? EMPTY_TREE : (await repository.objects.commit(parents[0])).tree;
    index.write();
    const empty =
      tree === before && merging.length === 0 && !options.has('allow-empty') && parents.length < 2;
    const purpose = amended ? 'amend' : 'commit';
    if (empty) {
      const list = await statusList(repository);
      await git.print(
        await longStatus(git, repository, amended ? { ...list, staged: [] } : list, true, purpose),
      );
      if (amended) await git.printError(EMPTY_AMENDMENT);
      return 1;
    }
    if (options.has('dry-run'))
      return void (await git.print(await longStatus(git, repository, await statusList(repository))));
    const picked = repository.read('CHERRY_PICK_HEAD')?.trim();
    const reused = options.get('reuse-message') ?? picked;
    const source =
      reused === undefined ? amended : await repository.objects.commit(await commitOf(repository, reused));
    const author = authorOf(
      git,
      options.get('author'),
      options.get('date'),
      options.has('reset-author') ? undefined : source,
    );
    const committer = signatureOf(git.process, repository.config, 'COMMITTER');
    const given = await givenMessage(git, options.all('message'), options.get('file'));
    const prepared = given ?? (reused !== undefined && picked === undefined ? source!.message : undefined);
    const draft = prepared ?? repository.read('MERGE_MSG') ?? (amended?.message || '');
    const edits = prepared === undefined ? !options.denied('edit') : options.has('edit');
    let message = cleaned(edits ? await editedMessage(git, repository, draft) : draft, edits);
    if (options.has('signoff')) message = signedOff(message, committer);
    if (message === '' && !options.has('allow-empty-message')) {
      await git.printError('Aborting commit due to empty commit message.\n');
      return 1;
    }
    const id = await repository.objects.writeCommit({ tree, parents, author, committer, message });
    const kind = amended
      ? 'commit (amend)'
      : parents.length === 0
        ? 'commit (initial)'
        : merging.length > 0
          ? 'commit (merge)'
          : picked === undefined
            ? 'commit'
            : 'commit (cherry-pick)';
    repository.refs.update('HEAD', id, repository.movement(`${kind}: ${message.split('\n')[0]}`));
    repository.remove(
      'MERGE_HEAD',
      'MERGE_MSG',
      'MERGE_MODE',
      'CHERRY_PICK_HEAD',
      'REVERT_HEAD',
      'SQUASH_MSG',
    );
    if (!options.has('quiet'))
      await git.print(
        await commitSummary(git, id, {
          withDate: amended !== undefined || options.get('date') !== undefined,
        }),
      );
    return 0;
  },
};

const EMPTY_AMENDMENT = `You asked to amend the most recent commit, but doing so would make
it empty. You can repeat your command with --allow-empty, or you can
remove the commit entirely with "git reset HEAD^".
`;

async function stageTracked(repository: Repository): Promise<void> {
  for (const path of repository.index.paths) {
    const entry = repository.index.get(path);
    const current = entry && (await currentFile(repository, entry));
    if (entry && sameFile(entry, current)) continue;
    if (!(await stageFile(repository, path))) repository.index.remove(path);
  }
}

async function stagePaths(repository: Repository, paths: readonly string[]): Promise<void> {
  const pathspec = new Pathspec(repository, paths);
  for (const path of repository.index.paths)
    if (pathspec.matches(path) && !(await stageFile(repository, path))) repository.index.remove(path);
  const absent = pathspec.unused[0];
  if (absent !== undefined) throw new Failed(`pathspec '${absent}' did not match any file(s) known to git`);
}

/** Fails with the list of conflicts. */
export async function refuseUnmerged(git: Git, repository: Repository, doing = 'Committing'): Promise<void> {
  const { unmerged } = repository.index;
  if (unmerged.size === 0) return;
  for (const path of unmerged.keys()) await git.print(`U\t${path}\n`);
  await git.printError(
    `error: ${doing} is not possible because you have unmerged files.\nhint: Fix them up in the work tree, and then use 'git add/rm <file>'\nhint: as appropriate to mark resolution and make a commit.\n`,
  );
  throw new Fatal('Exiting because of an unresolved conflict.');
}

function authorOf(
  git: Git,
  author: string | undefined,
  date: string | undefined,
  source: Commit | undefined,
): Signature {
  const { process, config } = git;
  const match = author === undefined ? undefined : /^(.*?) *<([^>]*)>$/.exec(author);
  if (author !== undefined && !match)
    throw new Fatal(`--author '${author}' is not 'Name <email>' and matches no existing author`);
  const base = source ? { ...source.author } : signatureOf(process, config, 'AUTHOR', date);
  const when = source && date !== undefined ? signatureOf(process, config, 'AUTHOR', date) : base;
  return {
    ...base,
    ...(match ? { name: match[1]!, email: match[2]! } : {}),
    seconds: when.seconds,
    zone: when.zone,
  };
}

async function givenMessage(
  git: Git,
  paragraphs: readonly string[],
  file: string | undefined,
): Promise<string | undefined> {
  if (file !== undefined) return file === '-' ? await git.process.readAll(0) : git.process.readTextFile(file);
  return paragraphs.length === 0 ? undefined : paragraphs.map((each) => `${each}\n`).join('\n');
}

const COLOURS = new RegExp(`${'\u001b'}\\[\\d*m`, 'g');

export async function editedMessage(git: Git, repository: Repository, draft: string): Promise<string> {
  const notes = await longStatus(git, repository, await statusList(repository), true, 'commit');
  const plain = notes.replaceAll(COLOURS, '');
  const comment = [
    'Please enter the commit message for your changes. Lines starting',
    "with '#' will be ignored, and an empty message aborts the commit.",
    '',
    ...plain.replace(/\n+$/, '').split('\n'),
    '',
  ]
    .map((line) => (line === '' ? '#' : line.startsWith('\t') ? `#${line}` : `# ${line}`))
    .join('\n');
  repository.write('COMMIT_EDITMSG', `${draft}\n${comment}\n`);
  await git.edit('COMMIT_EDITMSG');
  return repository.read('COMMIT_EDITMSG') ?? '';
}

/** Blank lines and trailing spaces that git strips; comments after an editor was there. */
export function cleaned(text: string, comments: boolean): string {
  const lines = text.split('\n').filter((line) => !comments || !line.startsWith('#'));
  const body = lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
  return body === '' ? '' : `${body}\n`;
}

const signedOff = (message: string, { name, email }: Signature): string => {
  const line = `Signed-off-by: ${name} <${email}>\n`;
  if (message.endsWith(line)) return message;
  return /\n[A-Za-z-]+: [^\n]*\n$/.test(message) ? message + line : `${message}\n${line}`;
};

/** `[main abc1234] subject`, who else it is by, and what it changed. */
export async function commitSummary(
  git: Git,
  id: ObjectId,
  options: { withDate?: boolean } = {},
): Promise<string> {
  const { repository } = git;
  const { objects, refs } = repository;
  const made = await objects.commit(id);
  const name = refs.branch ?? 'detached HEAD';
  const root = made.parents.length === 0 ? ' (root-commit)' : '';
  let out = `[${name}${root} ${abbreviate(repository, id)}] ${subjectOf(made.message)}\n`;
  const differs = made.author.name !== made.committer.name || made.author.email !== made.committer.email;
  if (differs) out += ` Author: ${made.author.name} <${made.author.email}>\n`;
  if (options.withDate) out += ` Date: ${dateText(made.author, 'default', 0)}\n`;
  if (made.parents.length > 1) return out;
  const before = made.parents[0] === undefined ? EMPTY_TREE : (await objects.commit(made.parents[0])).tree;
  const changes = await compareFiles(await filesOf(objects, before), await filesOf(objects, made.tree), {
    renames: mergedReader(repository),
  });
  return out + (await shortStatText(git.process, changes, mergedReader(repository))) + summaryText(changes);
}
