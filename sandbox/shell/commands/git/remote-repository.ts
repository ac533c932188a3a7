/** Where a remote lies: a path, `file://`, never a network. */
import { resolvePath } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { Git } from './command.ts';
import { Fatal } from './problems.ts';
import { Repository } from './repository.ts';

const NOT_THERE =
  'Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.';

/** The repository at a URL of a remote, or at a path. */
export function openRemote(git: Git, url: string, from = git.process.directory): Repository {
  refuseNetwork(url);
  const path = resolvePath(from, url.replace(/^file:\/\//, ''));
  const found = Repository.at(git.process, path) ?? Repository.at(git.process, `${path}.git`);
  if (found) return found;
  throw new Fatal(`'${url}' does not appear to be a git repository\nfatal: ${NOT_THERE}`);
}

/** Fails for an address that only a network could reach. */
export function refuseNetwork(url: string): void {
  const network =
    /^(https?|ssh|git|ftps?):\/\/([^/:]+)/.exec(url) ?? /^()(?:[^@/]+@)?([^/:]+):(?!\/\/)/.exec(url);
  if (network && !url.startsWith('/') && !url.startsWith('.'))
    throw new Fatal(
      `unable to access '${url}': no network leads from this terminal to ${network[2]}.\nClone a directory instead: \`git clone DIRECTORY\`, or \`git init --bare DIRECTORY\` for a place to push to.`,
    );
}

export interface Remote {
  name: string;
  url: string;
}

/** A configured remote by its name, or what is a path already. */
export function remoteOf(git: Git, name: string): Remote {
  const url = git.repository.config.get(`remote.${name}.url`);
  if (url !== undefined) return { name, url };
  if (/[/.:]/.test(name) || kindOf(git.process.fileSystem, git.process.resolve(name)) === 'directory')
    return { name: '', url: name };
  throw new Fatal(`'${name}' does not appear to be a git repository\nfatal: ${NOT_THERE}`);
}

/** Relative URLs count from the top of the working tree. */
export const openNamed = (git: Git, { name, url }: Remote): Repository =>
  openRemote(git, url, name === '' ? git.process.directory : git.repository.top);

/** How an address is shown behind `From`, and in the message of a pull's merge. */
export const shownUrl = (url: string): string =>
  url
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
    .replace(/\/$/, '');
