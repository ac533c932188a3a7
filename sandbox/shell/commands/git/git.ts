/**
 * `git` 2.39 for work on one machine: repositories in the session's files, clones and remotes by their path. Built on
 * objects, index and refs of its own in git's formats (docs/decisions/0018-git-without-a-library.md). Left out, each
 * refused with its reason: remotes on a network, packs, submodules, worktrees, hooks, interactive modes.
 */
import type { Program } from '../../../os/machine.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { nearestName } from '../../nearest-name.ts';
import { kindOf } from '../destination.ts';
import { Git, type GitCommand } from './command.ts';
import { parseOptions } from './option-parser.ts';
import { Failed, Fatal, Said, UsageProblem } from './problems.ts';
import { IdentityUnknown } from './signature.ts';

const VERSION = '2.39.5';

/** Each is loaded when first used. */
const COMMANDS: Readonly<Record<string, () => Promise<GitCommand>>> = {
  add: async () => (await import('./add.ts')).add,
  blame: async () => (await import('./blame.ts')).blame,
  branch: async () => (await import('./branch.ts')).branch,
  'cat-file': async () => (await import('./plumbing.ts')).catFile,
  checkout: async () => (await import('./checkout.ts')).checkout,
  'check-ignore': async () => (await import('./plumbing.ts')).checkIgnore,
  'cherry-pick': async () => (await import('./cherry-pick.ts')).cherryPick,
  clean: async () => (await import('./clean.ts')).clean,
  clone: async () => (await import('./clone.ts')).clone,
  commit: async () => (await import('./commit.ts')).commit,
  config: async () => (await import('./config.ts')).config,
  diff: async () => (await import('./diff.ts')).diff,
  fetch: async () => (await import('./fetch.ts')).fetch,
  'hash-object': async () => (await import('./plumbing.ts')).hashObject,
  init: async () => (await import('./init.ts')).init,
  log: async () => (await import('./log.ts')).log,
  'ls-files': async () => (await import('./plumbing.ts')).lsFiles,
  'ls-tree': async () => (await import('./plumbing.ts')).lsTree,
  merge: async () => (await import('./merge.ts')).merge,
  'merge-base': async () => (await import('./plumbing.ts')).mergeBase,
  mv: async () => (await import('./mv.ts')).mv,
  pull: async () => (await import('./pull.ts')).pull,
  push: async () => (await import('./push.ts')).push,
  rebase: async () => (await import('./rebase.ts')).rebase,
  reflog: async () => (await import('./reflog.ts')).reflog,
  remote: async () => (await import('./remote.ts')).remote,
  reset: async () => (await import('./reset.ts')).reset,
  restore: async () => (await import('./restore.ts')).restore,
  'rev-list': async () => (await import('./log.ts')).revList,
  'rev-parse': async () => (await import('./rev-parse.ts')).revParse,
  revert: async () => (await import('./cherry-pick.ts')).revert,
  rm: async () => (await import('./rm.ts')).rm,
  show: async () => (await import('./show.ts')).show,
  stash: async () => (await import('./stash.ts')).stash,
  status: async () => (await import('./status.ts')).status,
  switch: async () => (await import('./checkout.ts')).switchBranch,
  tag: async () => (await import('./tag.ts')).tag,
};

/** git's commands that are not here, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  am: 'patches do not come by mail here; use `git cherry-pick` or `patch -p1`',
  bisect: 'it is not built here; `git log` and `git checkout COMMIT` go through history by hand',
  'format-patch':
    'it is not built here; `git show COMMIT > FILE.patch` writes a patch that `patch -p1` reads',
  gc: 'there are no packs here, so there is nothing to collect',
  grep: 'it is not built here; use `grep -rn`',
  submodule: 'other repositories would have to be fetched over a network',
  worktree: 'a repository has one working tree here; `git clone DIRECTORY` makes another',
};

const USAGE = `usage: git [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]
           [-p | --paginate | -P | --no-pager] [--git-dir=<path>]
           [--work-tree=<path>] <command> [<args>]

These are common Git commands used in various situations:

start a working area (see also: git help tutorial)
   clone     Clone a repository into a new directory
   init      Create an empty Git repository or reinitialize an existing one

work on the current change (see also: git help everyday)
   add       Add file contents to the index
   mv        Move or rename a file, a directory, or a symlink
   restore   Restore working tree files
   rm        Remove files from the working tree and from the index

examine the history and state (see also: git help revisions)
   diff      Show changes between commits, commit and working tree, etc
   log       Show commit logs
   show      Show various types of objects
   status    Show the working tree status

grow, mark and tweak your common history
   branch    List, create, or delete branches
   commit    Record changes to the repository
   merge     Join two or more development histories together
   rebase    Reapply commits on top of another base tip
   reset     Reset current HEAD to the specified state
   switch    Switch branches
   tag       Create, list, delete or verify a tag object signed with GPG

collaborate (see also: git help workflows)
   fetch     Download objects and refs from another repository
   pull      Fetch from and integrate with another repository or a local branch
   push      Update remote refs along with associated objects

'git help <command>' shows the options of a command. Remotes are directories
here: no network leads out of this terminal.
`;

export const program: Program = async (process) => {
  try {
    return await run(process, process.argv.slice(1));
  } catch (error) {
    if (error instanceof IdentityUnknown) await process.printError(error.advice);
    if (error instanceof Fatal || error instanceof Failed) {
      if (error.message !== '')
        await process.printError(`${error instanceof Fatal ? 'fatal' : 'error'}: ${error.message}\n`);
      return error.exitCode;
    }
    if (error instanceof Said) {
      await process.printError(`${error.message}\n`);
      return 1;
    }
    if (error instanceof Errno && error.code !== 'EPIPE') {
      await process.printError(
        `fatal: ${error.subject === undefined ? '' : `${error.subject}: `}${error.message}\n`,
      );
      return 128;
    }
    throw error;
  }
};

async function run(process: Process, argv: readonly string[]): Promise<number> {
  const overrides: string[] = [];
  let [paginate, at] = [true, 0];
  for (; at < argv.length && argv[at]!.startsWith('-'); at++) {
    const word = argv[at]!;
    if (word === '--version' || word === '-v') return await say(process, `git version ${VERSION}\n`);
    if (word === '--help' || word === '-h') break;
    if (word === '-c') overrides.push(argv[++at] ?? '');
    else if (word === '-C') changeDirectory(process, argv[++at] ?? '');
    else if (word === '--no-pager' || word === '-P') paginate = false;
    else if (word !== '-p' && word !== '--paginate') {
      await process.printError(`unknown option: ${word}\n${USAGE.split('\n\n')[0]}\n`);
      return 129;
    }
  }
  let [name, ...words] = argv.slice(at);
  if (name === undefined) {
    await process.print(USAGE);
    return 1;
  }
  if (name === 'version') return await say(process, `git version ${VERSION}\n`);
  if (name === 'help' || name === '--help' || name === '-h') {
    if (words[0] === undefined) return await say(process, USAGE);
    [name, words] = [words[0], ['-h']];
  }
  const git = new Git(process, overrides, paginate);
  const alias = Object.hasOwn(COMMANDS, name) ? undefined : git.config.get(`alias.${name}`);
  if (alias !== undefined && !alias.startsWith('!'))
    [name, ...words] = [...alias.split(/\s+/).filter(Boolean), ...words] as [string, ...string[]];
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) return await runCommand(git, await process.wait(load()), words);
  if (Object.hasOwn(REFUSED, name)) throw new Fatal(`git ${name} is not available: ${REFUSED[name]}`);
  const near = nearestName(name, Object.keys(COMMANDS));
  await process.printError(
    `git: '${name}' is not a git command. See 'git --help'.\n${near === undefined ? '' : `\nThe most similar command is\n\t${near}\n`}`,
  );
  return 1;
}

async function runCommand(git: Git, command: GitCommand, words: string[]): Promise<number> {
  const help = words.includes('-h') || words.includes('--help');
  if (help)
    return await say(
      git.process,
      `${command.usage}\n`,
      words.includes('-h') && git.process.argv[1] !== 'help' ? 129 : 0,
    );
  try {
    const options = parseOptions(words, command.options, command.stopsAtOperand);
    const exitCode = await command.run(git, options);
    await git.finish();
    return exitCode ?? 0;
  } catch (error) {
    await git.finish();
    if (!(error instanceof UsageProblem)) throw error;
    if (command.fatalOptions && error.option !== undefined)
      throw new Fatal(`unrecognized argument: ${error.option}`);
    await git.process.printError(
      `error: ${error.message}\n${error.showsUsage ? `${command.usage}\n\n` : ''}`,
    );
    return 129;
  }
}

async function say(process: Process, text: string, exitCode = 0): Promise<number> {
  await process.print(text);
  return exitCode;
}

function changeDirectory(process: Process, path: string): void {
  const directory = process.resolve(path);
  const kind = kindOf(process.fileSystem, directory);
  if (kind === 'directory') process.directory = directory;
  else
    throw new Fatal(
      `cannot change to '${path}': ${kind === undefined ? 'No such file or directory' : 'Not a directory'}`,
    );
}
