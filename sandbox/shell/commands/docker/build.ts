/** `docker build`: reads the Dockerfile, has the engine build it, and shows how it goes (`build-progress.ts`). */
import { BuildError } from '../../../os/container-engine.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { joinPath } from '../../../os/path.ts';
import { flag } from '../kubectl/flags.ts';
import { BuildProgress, type ProgressMode } from './build-progress.ts';
import { ClientError, type DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] PATH | -',
  short: 'Build an image from a Dockerfile',
  args: [1, 1],
  flags: [
    flag('build-arg', [], 'Set build-time variables'),
    flag('file,f', '', 'Name of the Dockerfile (default: "PATH/Dockerfile")'),
    flag('label', [], 'Set metadata for an image'),
    flag('load', false, 'Keep the image here (that is where it goes anyway)'),
    flag('no-cache', false, 'Do not use cache when building the image'),
    flag('platform', '', 'Accepted and not looked at: images here are for one platform'),
    flag('progress', 'auto', 'Set type of progress output ("auto", "quiet", "plain", "tty")'),
    flag('pull', false, 'Always attempt to pull all referenced images'),
    flag('push', false, 'Push the image to its registry when it is built'),
    flag('quiet,q', false, 'Suppress the build output and print image ID on success'),
    flag('tag,t', [], 'Image identifier (format: "[registry/]repository[:tag]")'),
    flag('target', '', 'Set the target build stage to build'),
  ],
  run: async ({ process, engine, flags, args: [path] }) => {
    const tags = flags.list('tag');
    const directory = process.resolve(path === '-' ? '.' : path!);
    const dockerfile = await readDockerfile(process, path!, flags.string('file'), directory);
    const progress = new BuildProgress(
      process,
      modeOf(process, flags.bool('quiet'), flags.string('progress')),
    );
    const platform = flags.string('platform');
    if (platform && platform !== 'linux/amd64')
      await process.printError(`WARNING: images here are for linux/amd64; ${platform} is not looked at\n`);
    await progress.begin();
    let built: { id: string };
    try {
      built = await process.withAbort((signal) =>
        engine.build(
          {
            files: process.fileSystem,
            directory,
            dockerfile,
            tags,
            target: flags.string('target') || undefined,
            buildArguments: pairs(flags.list('build-arg'), process.environment),
            labels: pairs(flags.list('label'), {}),
            noCache: flags.bool('no-cache'),
            pull: flags.bool('pull'),
          },
          (event) => progress.tell(event),
          signal,
        ),
      );
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      await progress.fail(dockerfile, error);
      throw new ClientError(`ERROR: failed to build: failed to solve: ${error.message}`);
    }
    await progress.end();
    if (flags.bool('quiet')) await process.print(`${built.id}\n`);
    if (flags.bool('push')) for (const tag of tags) await process.wait(engine.images.push(tag, () => {}));
  },
};

async function readDockerfile(
  process: Process,
  path: string,
  file: string,
  directory: string,
): Promise<{ name: string; text: string }> {
  if (path === '-' || file === '-') return { name: 'Dockerfile', text: await process.readAll() };
  if (/^(https?|git):\/\//.test(path))
    throw new ClientError(
      `ERROR: unable to prepare context: ${path} cannot be fetched: there is no network outside`,
    );
  try {
    if (process.fileSystem.stat(directory).kind !== 'directory') throw new Errno('ENOTDIR');
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ClientError(`ERROR: unable to prepare context: path ${JSON.stringify(path)} not found`);
  }
  const name = file || 'Dockerfile';
  try {
    return { name, text: process.readTextFile(file ? file : joinPath(directory, 'Dockerfile')) };
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ClientError(
      `ERROR: failed to build: failed to solve: failed to read dockerfile: open ${name}: ${error.message.toLowerCase()}`,
    );
  }
}

function modeOf(process: Process, quiet: boolean, progress: string): ProgressMode {
  if (quiet || progress === 'quiet') return 'quiet';
  if (progress === 'plain' || progress === 'tty') return progress;
  return process.files[2]?.terminal ? 'tty' : 'plain';
}

/** `NAME=value`, or `NAME` for that of the environment. */
function pairs(
  entries: readonly string[],
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const name = equals < 0 ? entry : entry.slice(0, equals);
    const value = equals < 0 ? environment[name] : entry.slice(equals + 1);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
