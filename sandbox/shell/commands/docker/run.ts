/** `docker run`: pulls what is not here, makes a container and starts it, attached or (-d) in the background. */
import { EngineError, type ContainerRequest } from '../../../os/container-engine.ts';
import { flag, type Arguments } from '../kubectl/flags.ts';
import type { Process } from '../../../os/process.ts';
import { followAttached, terminalFor } from './attached.ts';
import { ClientError, type DockerCommand } from './command.ts';
import { pullImage } from './pull.ts';

/** Docker's own failure, in contrast to the container's. */
const DOCKER_FAILED = 125;
const NOT_RUNNABLE = 126;
const NOT_FOUND = 127;

export const command: DockerCommand = {
  use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create and run a new container from an image',
  args: [1, Infinity],
  programs: true,
  flags: [
    flag('detach,d', false, 'Run container in background and print container ID'),
    flag('entrypoint', '', 'Overwrite the default ENTRYPOINT of the image'),
    flag('env,e', [], 'Set environment variables'),
    flag('hostname,h', '', 'Container host name'),
    flag('interactive,i', false, 'Keep STDIN open even if not attached'),
    flag('name', '', 'Assign a name to the container'),
    flag('network', '', 'Connect a container to a network'),
    flag('publish,p', [], "Publish a container's port(s) to the host"),
    flag('pull', 'missing', 'Pull image before running ("always", "missing", "never")'),
    flag('quiet,q', false, 'Suppress the pull output'),
    flag('restart', 'no', 'Restart policy to apply when a container exits'),
    flag('rm', false, 'Automatically remove the container when it exits'),
    flag('tty,t', false, 'Allocate a pseudo-TTY'),
    flag('user,u', '', 'Username or UID'),
    flag('volume,v', [], 'Bind mount a volume'),
    flag('workdir,w', '', 'Working directory inside the container'),
  ],
  run: async ({ process, engine, flags, args }) => {
    const [image, ...words] = args;
    const request = requestOf(process, flags, image!, words);
    const terminal = flags.bool('detach') ? undefined : terminalFor(process, request.tty);
    const pull = flags.string('pull');
    const quiet = flags.bool('quiet');
    const { containers } = engine;
    try {
      if (pull === 'always' || (pull === 'missing' && !engine.images.inspect(image!))) {
        if (pull === 'missing' && !quiet)
          await process.printError(`Unable to find image '${tagged(image!)}' locally\n`);
        await pullImage({ process, engine }, image!, quiet ? 'quiet' : 'progress');
      }
      const id = containers.create(request);
      let writing: Promise<void> = Promise.resolve();
      const detach = flags.bool('detach')
        ? undefined
        : containers.attach(id, (fd, bytes) => {
            writing = writing.then(() => process.write(fd, bytes));
            writing.catch(() => {});
          });
      // Registered before the start: a container with --rm is gone once it has ended.
      const ended = containers.wait(id);
      await process.wait(containers.start(id));
      if (!detach) {
        await process.print(`${id}\n`);
        return 0;
      }
      const exitCode = await followAttached(
        process,
        {
          write: (bytes) => containers.write(id, bytes),
          resize: (columns, rows) => containers.resize(id, columns, rows),
          signal: (name) => containers.signal(id, name),
          ended,
        },
        { stdin: request.stdin, terminal },
      );
      detach();
      await process.wait(writing);
      return exitCode;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new ClientError(
        `docker: Error response from daemon: ${error.message}\n\nRun 'docker run --help' for more information`,
        failureCode(error.message),
      );
    }
  },
};

function failureCode(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return NOT_FOUND;
  return /permission denied|exec format error/.test(message) ? NOT_RUNNABLE : DOCKER_FAILED;
}

const tagged = (image: string): string => (/[:@]/.test(image.split('/').at(-1)!) ? image : `${image}:latest`);

function requestOf(process: Process, flags: Arguments, image: string, command: string[]): ContainerRequest {
  const given = (name: string) => flags.string(name) || undefined;
  return {
    image,
    command,
    name: given('name'),
    entrypoint: flags.changed('entrypoint') ? [flags.string('entrypoint')].filter(Boolean) : undefined,
    environment: flags.list('env').flatMap((entry) => {
      if (entry.includes('=')) return [entry];
      const value = process.environment[entry];
      return value === undefined ? [] : [`${entry}=${value}`];
    }),
    directory: given('workdir'),
    user: given('user'),
    hostname: given('hostname'),
    ports: flags.list('publish').map(publishedPort),
    mounts: flags.list('volume').map((volume) => mountOf(process, volume)),
    remove: flags.bool('rm'),
    stdin: flags.bool('interactive'),
    tty: flags.bool('tty'),
  };
}

/** `8080:80`, `127.0.0.1:8080:80`, `8080:80/tcp` */
function publishedPort(text: string): ContainerRequest['ports'][number] {
  const parts = text.replace(/\/tcp$/, '').split(':');
  const container = Number(parts.at(-1));
  const host = Number(parts.at(-2) ?? container);
  const isPort = (port: number) => Number.isInteger(port) && port > 0 && port < 65_536;
  if (!isPort(container))
    throw new ClientError(`docker: invalid containerPort: ${parts.at(-1)}`, DOCKER_FAILED);
  if (!isPort(host)) throw new ClientError(`docker: invalid hostPort: ${parts.at(-2)}`, DOCKER_FAILED);
  return { host, container, address: parts.at(-3) ?? '0.0.0.0' };
}

/** `./data:/data:ro`: a directory of this machine. */
function mountOf(process: Process, text: string): ContainerRequest['mounts'][number] {
  const [from = '', to, options = ''] = text.split(':');
  if (!to || !/^[./~]/.test(from))
    throw new ClientError(
      `docker: ${JSON.stringify(text)}: volumes by name are not available here; mount a directory (./data:/data)`,
      DOCKER_FAILED,
    );
  const path = process.resolve(from);
  process.fileSystem.mkdir(path, { recursive: true });
  return { source: process.fileSystem, from: path, to, readOnly: options.split(',').includes('ro') };
}
