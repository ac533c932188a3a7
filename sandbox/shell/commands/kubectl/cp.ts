/**
 * `kubectl cp` (`kubectl/pkg/cmd/cp`): copies through `tar` in the container, over exec. What comes from a
 * container is kept inside the destination, and its symbolic links are not made, as in the real one.
 */
import { concat } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import { joinPath, nameOf, parentOf } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { readTar, writeTar, type TarEntry } from '../../../core/tar-archive.ts';
import type { Command } from './command.ts';
import { CommandError, SilentExit } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { containerOf } from './pod-of.ts';
import { runRemote, type StreamOptions } from './remote-command.ts';

interface FileSpec {
  namespace: string;
  /** Empty for a local file. */
  pod: string;
  file: string;
}

export const command: Command = {
  use: '<file-spec-src> <file-spec-dest>',
  short: 'Copy files and directories to and from containers',
  long: 'Copy files and directories to and from containers. The image needs the program tar.',
  examples: [
    ['A local directory into a pod', 'kubectl cp /tmp/foo_dir <some-pod>:/tmp/bar_dir'],
    ['Into a container of your choice', 'kubectl cp /tmp/foo <some-pod>:/tmp/bar -c <specific-container>'],
    ['Out of a pod', 'kubectl cp <some-namespace>/<some-pod>:/tmp/foo /tmp/bar'],
  ],
  flags: [
    flag('container,c', '', 'The container; else the default or the first one.'),
    flag('no-preserve', false, 'Owner and permissions are those of who unpacks.'),
    flag(
      'retries',
      0,
      'Accepted and without effect: nothing gets lost between this terminal and the cluster.',
    ),
  ],
  run: async (invocation) => {
    if (invocation.args.length !== 2) throw new CommandError('source and destination are required');
    const [source, destination] = invocation.args.map(fileSpec) as [FileSpec, FileSpec];
    if (source.pod && destination.pod)
      throw new CommandError('one of src or dest must be a local file specification');
    if (!source.file || !destination.file) throw new CommandError('filepath can not be empty');
    if (source.pod) return copyFrom(invocation, source, destination.file);
    if (destination.pod) return copyTo(invocation, source.file, destination);
    throw new CommandError('one of src or dest must be a remote file specification');
  },
};

function fileSpec(argument: string): FileSpec {
  const colon = argument.indexOf(':');
  if (colon < 0) return { namespace: '', pod: '', file: argument };
  const wrong = () =>
    new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  if (colon === 0) throw wrong();
  const file = argument.slice(colon + 1);
  const names = argument.slice(0, colon).split('/');
  if (names.length > 2) throw wrong();
  const [pod, namespace = ''] = names.reverse() as [string, string?];
  return { namespace, pod, file };
}

async function exec(
  invocation: Invocation,
  { namespace, pod }: FileSpec,
  words: string[],
  streams: Partial<StreamOptions>,
): Promise<void> {
  const inNamespace = namespace || invocation.namespace.namespace;
  const found = await invocation.api.get(
    `/api/v1/namespaces/${encodeURIComponent(inNamespace)}/pods/${encodeURIComponent(pod)}`,
  );
  const container = await containerOf(invocation, found, invocation.flags.string('container'));
  await runRemote(
    invocation,
    `/api/v1/namespaces/${inNamespace}/pods/${pod}/exec`,
    { command: words, container },
    { stdin: streams.input !== undefined, tty: false, ...streams },
  );
}

async function copyTo(invocation: Invocation, path: string, destination: FileSpec): Promise<void> {
  const { process } = invocation;
  try {
    process.fileSystem.stat(process.resolve(path));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new CommandError(`${path} doesn't exist in local filesystem`);
  }
  let target = destination.file.replace(/(?<=.)\/+$/, '');
  // A destination that is a directory takes the source's name below it.
  if (await isRemoteDirectory(invocation, destination))
    target = joinPath(target, nameOf(process.resolve(path)));
  const preserve = !invocation.flags.bool('no-preserve');
  const words = ['tar', ...(preserve ? [] : ['--no-same-permissions', '--no-same-owner']), '-xmf', '-'];
  const directory = parentOf(target);
  if (directory) words.push('-C', directory);
  const archive = writeTar(membersOf(process, process.resolve(path), nameOf(target)));
  await exec(invocation, destination, words, { input: archive });
}

async function isRemoteDirectory(invocation: Invocation, spec: FileSpec): Promise<boolean> {
  try {
    await exec(invocation, { ...spec }, ['test', '-d', spec.file], {
      quiet: true,
      errorOutput: () => {},
    });
    return true;
  } catch (error) {
    if (!(error instanceof SilentExit)) throw error;
    return false;
  }
}

function* membersOf(process: Process, path: string, name: string): Generator<TarEntry> {
  const { fileSystem } = process;
  const { kind, mode, uid, gid, mtimeMs } = fileSystem.lstat(path);
  const entry = { mode, uid, gid, mtimeMs, contents: new Uint8Array(0), target: '' };
  if (kind === 'symlink') yield { ...entry, kind, name, target: fileSystem.readLink(path) };
  else if (kind === 'directory') {
    const names = fileSystem.readDirectory(path);
    if (names.length === 0) yield { ...entry, kind, name: `${name}/` };
    for (const inner of names) yield* membersOf(process, joinPath(path, inner), `${name}/${inner}`);
  } else if (kind === 'file') yield { ...entry, kind, name, contents: fileSystem.readFile(path) };
}

async function copyFrom(invocation: Invocation, source: FileSpec, destination: string): Promise<void> {
  const chunks: Uint8Array[] = [];
  // What tar complains of is told; kubectl's exit code is 0 all the same.
  await exec(invocation, source, ['tar', 'cf', '-', source.file], {
    quiet: true,
    output: (bytes) => void chunks.push(bytes),
    errorOutput: (bytes) => invocation.print(bytes),
  }).catch((error: unknown) => {
    if (!(error instanceof SilentExit)) throw error;
  });
  const prefix = source.file.replace(/^\/+/, '').replace(/\/+$/, '');
  const { process } = invocation;
  const { fileSystem } = process;
  for (const { name, kind, mode, contents, target } of readTar(concat(chunks))) {
    const rest = name.replace(/\/+$/, '');
    if (rest !== prefix && !rest.startsWith(`${prefix}/`)) throw new CommandError('tar contents corrupted');
    const inner = rest.slice(prefix.length);
    const path = process.resolve(`${destination}${inner}`);
    const root = process.resolve(destination);
    if (path !== root && !path.startsWith(`${root}/`.replace('//', '/'))) {
      await invocation.printError(
        `warning: file ${JSON.stringify(path)} is outside target destination, skipping\n`,
      );
      continue;
    }
    if (kind === 'directory') {
      fileSystem.mkdir(path, { recursive: true });
      continue;
    }
    if (kind === 'symlink') {
      await invocation.printError(
        `warning: skipping symlink: ${JSON.stringify(path)} -> ${JSON.stringify(target)}\n`,
      );
      continue;
    }
    fileSystem.mkdir(parentOf(path), { recursive: true });
    try {
      fileSystem.writeFile(path, contents);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw new CommandError(`open ${destination}${inner}: ${error.message.toLowerCase()}`);
    }
    if (!invocation.flags.bool('no-preserve')) fileSystem.chmod(path, mode);
  }
}
