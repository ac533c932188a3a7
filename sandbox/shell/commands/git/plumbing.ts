/** Commands that show how a repository is made: cat-file, hash-object, ls-files, ls-tree, merge-base, check-ignore. */
import { encode } from '../../../core/bytes.ts';
import { kindOf } from '../destination.ts';
import type { GitCommand } from './command.ts';
import { mergeBases, isAncestor } from './history.ts';
import { Ignore } from './ignore.ts';
import { blobId, DIRECTORY_MODE, type ObjectId } from './objects.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import { quotedPath } from './quoted-path.ts';
import type { Repository } from './repository.ts';
import { commitOf, peel, resolveRevision } from './revision.ts';
import { sameFile } from './tree-files.ts';
import { currentFile, untrackedFiles } from './worktree.ts';

const typeOf = (mode: number): string => (mode === DIRECTORY_MODE ? 'tree' : 'blob');
const sixDigits = (mode: number): string => mode.toString(8).padStart(6, '0');

async function named(repository: Repository, name: string): Promise<ObjectId> {
  const id = await resolveRevision(repository, name);
  if (id === undefined) throw new Fatal(`Not a valid object name ${name}`);
  return id;
}

export const catFile: GitCommand = {
  usage: 'usage: git cat-file (-t | -s | -e | -p | <type>) <object>',
  options: ['t', 's', 'e', 'p'],
  run: async (git, options) => {
    const { repository } = git;
    const name = options.operands.at(-1);
    if (name === undefined) throw new Fatal(catFile.usage, 129);
    const id = await named(repository, name);
    const { type, body } = await repository.objects.read(id);
    if (options.has('e')) return;
    if (options.has('t')) await git.print(`${type}\n`);
    else if (options.has('s')) await git.print(`${body.length}\n`);
    else if (type === 'tree')
      for (const each of await repository.objects.tree(id))
        await git.print(`${sixDigits(each.mode)} ${typeOf(each.mode)} ${each.id}\t${each.name}\n`);
    else await git.process.print(body);
  },
};

export const hashObject: GitCommand = {
  usage: 'usage: git hash-object [-w] [--stdin] [--] <file>...',
  options: ['w', 'stdin', 't='],
  run: async (git, options) => {
    const bodies: Uint8Array[] = options.has('stdin') ? [encode(await git.process.readAll(0))] : [];
    for (const path of options.everything) {
      if (kindOf(git.process.fileSystem, git.process.resolve(path)) === undefined)
        throw new Fatal(`could not open '${path}' for reading: No such file or directory`);
      bodies.push(git.process.fileSystem.readFile(git.process.resolve(path)));
    }
    for (const body of bodies)
      await git.print(
        `${options.has('w') ? await git.repository.objects.write('blob', body) : blobId(body)}\n`,
      );
  },
};

export const lsFiles: GitCommand = {
  usage: 'usage: git ls-files [<options>] [<file>...]',
  options: [
    'c,cached',
    's,stage',
    'o,others',
    'm,modified',
    'd,deleted',
    'u,unmerged',
    'i,ignored',
    'exclude-standard',
    'z',
    'error-unmatch',
  ],
  run: async (git, options) => {
    const { repository } = git;
    const pathspec = new Pathspec(repository, options.everything);
    const end = options.has('z') ? '\0' : '\n';
    const inside = (path: string) =>
      pathspec.matches(path) &&
      (repository.prefix === '' || options.everything.length > 0 || path.startsWith(`${repository.prefix}/`));
    const shown = (path: string) =>
      options.has('z') ? repository.relative(path) : quotedPath(repository.relative(path));
    const only = ['others', 'modified', 'deleted', 'unmerged'].filter((key) => options.has(key));
    if (options.has('others')) {
      const { paths } = await untrackedFiles(
        repository,
        new Ignore(repository, options.has('exclude-standard')),
        true,
      );
      for (const path of paths) if (inside(path)) await git.print(`${shown(path)}${end}`);
    }
    for (const entry of repository.index.entries) {
      if (!inside(entry.path)) continue;
      if (only.length > 0 && !options.has('cached')) {
        const current = entry.stage === 0 ? await currentFile(repository, entry) : undefined;
        const wanted =
          (options.has('unmerged') && entry.stage > 0) ||
          (options.has('deleted') && !current) ||
          (options.has('modified') && !sameFile(entry, current));
        if (!wanted) continue;
      }
      const detail =
        options.has('stage') || options.has('unmerged')
          ? `${sixDigits(entry.mode)} ${entry.id} ${entry.stage}\t`
          : '';
      await git.print(`${detail}${shown(entry.path)}${end}`);
    }
    const absent = options.has('error-unmatch') ? pathspec.unused[0] : undefined;
    if (absent === undefined) return 0;
    await git.printError(
      `error: pathspec '${absent}' did not match any file(s) known to git\nDid you forget to 'git add'?\n`,
    );
    return 1;
  },
};

export const lsTree: GitCommand = {
  usage: 'usage: git ls-tree [-d] [-r] [-t] [-l] [--name-only] <tree-ish> [<path>...]',
  options: ['d', 'r', 't', 'l,long', 'name-only', 'name-status', 'full-tree'],
  run: async (git, options) => {
    const { repository } = git;
    const [name, ...paths] = options.everything;
    if (name === undefined) throw new Fatal(lsTree.usage, 129);
    const tree = await peel(repository, await named(repository, name), 'tree');
    if (tree === undefined) throw new Fatal('not a tree object');
    const wanted = paths.map((path) => path.replace(/\/$/, ''));
    const walk = async (id: ObjectId, prefix: string): Promise<void> => {
      for (const each of await repository.objects.tree(id)) {
        const path = prefix + each.name;
        const folder = each.mode === DIRECTORY_MODE;
        const above = wanted.some((one) => one.startsWith(`${path}/`));
        const fits = wanted.length === 0 || wanted.some((one) => one === path || path.startsWith(`${one}/`));
        const descends =
          folder && (options.has('r') || above || (fits && paths.some((one) => one === `${path}/`)));
        if (fits && (!descends || options.has('t')) && (!options.has('d') || folder)) {
          const size = options.has('long')
            ? ` ${(folder ? '-' : String((await repository.objects.read(each.id)).body.length)).padStart(7)}`
            : '';
          await git.print(
            options.has('name-only') || options.has('name-status')
              ? `${path}\n`
              : `${sixDigits(each.mode)} ${typeOf(each.mode)} ${each.id}${size}\t${path}\n`,
          );
        }
        if (descends) await walk(each.id, `${path}/`);
      }
    };
    await walk(tree, '');
  },
};

export const mergeBase: GitCommand = {
  usage:
    'usage: git merge-base [-a | --all] <commit> <commit>\n   or: git merge-base --is-ancestor <commit> <commit>',
  options: ['a,all', 'is-ancestor'],
  run: async (git, options) => {
    const [first, second] = options.operands;
    if (first === undefined || second === undefined) throw new Fatal(mergeBase.usage, 129);
    const [a, b] = [await commitOf(git.repository, first), await commitOf(git.repository, second)];
    if (options.has('is-ancestor')) return (await isAncestor(git.repository, a, b)) ? 0 : 1;
    const bases = await mergeBases(git.repository, a, b);
    for (const base of options.has('all') ? bases : bases.slice(0, 1)) await git.print(`${base}\n`);
    return bases.length === 0 ? 1 : 0;
  },
};

export const checkIgnore: GitCommand = {
  usage: 'usage: git check-ignore [-v] [-q] <pathname>...',
  options: ['v,verbose', 'q,quiet', 'n,non-matching', 'no-index'],
  run: async (git, options) => {
    const repository = git.worktree;
    const ignore = new Ignore(repository);
    let found = false;
    for (const { given, path } of new Pathspec(repository, options.everything).items) {
      const folder =
        given.endsWith('/') ||
        kindOf(repository.process.fileSystem, repository.absolute(path)) === 'directory';
      const rule = repository.index.paths.has(path) ? undefined : ignore.match(path, folder);
      if (!rule || (rule.negated && !options.has('verbose'))) continue;
      found = true;
      if (!options.has('quiet'))
        await git.print(
          options.has('verbose') ? `${rule.source}:${rule.line}:${rule.text}\t${given}\n` : `${given}\n`,
        );
    }
    return found ? 0 : 1;
  },
};
