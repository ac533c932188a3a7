/** `git tag`. */
import type { Git, GitCommand } from './command.ts';
import { cleaned } from './commit.ts';
import { subjectOf } from './subject.ts';
import type { GitOptions } from './option-parser.ts';
import { Fatal } from './problems.ts';
import { isRefName } from './refs.ts';
import { abbreviate, resolveRevision } from './revision.ts';
import { signatureOf } from './signature.ts';
import { wildmatch } from './wildmatch.ts';

export const tag: GitCommand = {
  usage:
    'usage: git tag [-a] [-f] [-m <msg> | -F <file>] <tagname> [<commit>]\n   or: git tag -d <tagname>...\n   or: git tag [-n[<num>]] -l [<pattern>...]',
  options: [
    'a,annotate',
    'm,message=',
    'F,file=',
    'f,force',
    'd,delete',
    'l,list',
    'n?',
    's,sign',
    'sort=',
    'points-at=',
  ],
  run: async (git, options) => {
    const { repository } = git;
    const { refs, objects } = repository;
    if (options.has('sign'))
      throw new Fatal('there is no key to sign with here; -a makes a tag without a signature');
    if (options.has('delete')) return await deleteTags(git, options.operands);
    const [name, target = 'HEAD'] = options.operands;
    if (name === undefined || options.has('list') || options.get('points-at') !== undefined)
      return await listTags(git, options);
    if (!isRefName(name) || name.startsWith('-')) throw new Fatal(`'${name}' is not a valid tag name.`);
    const ref = `refs/tags/${name}`;
    const old = refs.id(ref);
    if (old !== undefined && !options.has('force')) throw new Fatal(`tag '${name}' already exists`);
    const object = await resolveRevision(repository, target);
    if (object === undefined) throw new Fatal(`Failed to resolve '${target}' as a valid ref.`);
    let id = object;
    if (options.has('annotate') || options.all('message').length > 0 || options.get('file') !== undefined) {
      const tagger = signatureOf(git.process, repository.config, 'COMMITTER');
      const { type } = await objects.read(object);
      id = await objects.writeTag({
        object,
        type,
        name,
        tagger,
        message: await messageOf(git, options, name),
      });
    }
    refs.update(ref, id);
    if (old !== undefined && old !== id)
      await git.print(`Updated tag '${name}' (was ${abbreviate(repository, old)})\n`);
    return 0;
  },
};

async function messageOf(git: Git, options: GitOptions, name: string): Promise<string> {
  const given = options
    .all('message')
    .map((each) => `${each}\n`)
    .join('\n');
  const file = options.get('file');
  let text = file === undefined ? given : git.process.readTextFile(file);
  if (text === '' && file === undefined) {
    git.repository.write(
      'TAG_EDITMSG',
      `\n#\n# Write a message for tag:\n#   ${name}\n# Lines starting with '#' will be ignored.\n`,
    );
    await git.edit('TAG_EDITMSG');
    text = git.repository.read('TAG_EDITMSG') ?? '';
    git.repository.remove('TAG_EDITMSG');
  }
  const message = cleaned(text, given === '' && file === undefined);
  if (message === '' && given === '') throw new Fatal('no tag message?');
  return message;
}

async function deleteTags(git: Git, names: readonly string[]): Promise<number> {
  let status = 0;
  for (const name of names) {
    const id = git.repository.refs.id(`refs/tags/${name}`);
    if (id === undefined) {
      await git.printError(`error: tag '${name}' not found.\n`);
      status = 1;
      continue;
    }
    git.repository.refs.delete(`refs/tags/${name}`);
    await git.print(`Deleted tag '${name}' (was ${abbreviate(git.repository, id)})\n`);
  }
  return status;
}

async function listTags(git: Git, options: GitOptions): Promise<number> {
  const { repository } = git;
  const patterns = options.operands.map((pattern) => wildmatch(pattern, true));
  const pointed =
    options.get('points-at') === undefined
      ? undefined
      : await resolveRevision(repository, options.get('points-at')!);
  for (const [name, id] of repository.refs.list('refs/tags/')) {
    if (patterns.length > 0 && !patterns.some((each) => each.test(name))) continue;
    const { type } = await repository.objects.read(id);
    if (
      pointed !== undefined &&
      id !== pointed &&
      (type !== 'tag' || (await repository.objects.tag(id)).object !== pointed)
    )
      continue;
    if (!options.has('n')) {
      await git.print(`${name}\n`);
      continue;
    }
    const message =
      type === 'tag'
        ? (await repository.objects.tag(id)).message
        : type === 'commit'
          ? (await repository.objects.commit(id)).message
          : '';
    await git.print(`${name.padEnd(15)} ${subjectOf(message)}\n`);
  }
  return 0;
}
