/** Images that the service builds itself: under a name that tells their contents, so once. */
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { writeTar } from '../../core/tar-archive.ts';
import { isGone } from './engine.ts';

export interface ContextFile {
  path: string;
  /** Permission bits. */
  mode: number;
  contents: Uint8Array;
}

/** Builds that are under way, so that two sessions at once build once. */
const building = new Map<string, Promise<void>>();

/**
 * Resolves when the image is there.
 * @param files what it is built from, a Dockerfile among them; asked for when it has to be built.
 * @param onWait hears whether somebody else builds it already, before a build is waited for.
 */
export async function ensureImage(
  engine: Docker,
  name: string,
  files: () => Promise<ContextFile[]>,
  onWait: (byOther: boolean) => void = () => {},
): Promise<void> {
  if (await exists(engine, name)) return;
  let build = building.get(name);
  onWait(build !== undefined);
  if (!build) {
    build = files()
      .then((context) => buildImage(engine, name, context))
      .finally(() => building.delete(name));
    building.set(name, build);
  }
  await build;
}

export async function exists(engine: Docker, image: string): Promise<boolean> {
  try {
    await engine.getImage(image).inspect();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** As the engine takes files: for a build, and into a container. The time of change is left at 0: equal contents make equal archives. */
export const archiveOf = (files: readonly ContextFile[]): Buffer =>
  Buffer.from(
    writeTar(
      files.map(({ path, mode, contents }) => ({
        name: path,
        kind: 'file' as const,
        mode,
        uid: 0,
        gid: 0,
        mtimeMs: 0,
        contents,
        target: '',
      })),
    ),
  );

async function buildImage(engine: Docker, name: string, files: ContextFile[]): Promise<void> {
  const output = await engine.buildImage(Readable.from([archiveOf(files)]), {
    t: name,
    rm: true,
    forcerm: true,
  });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(
      output,
      (error: Error | null) => (error ? reject(new ImageBuildFailed(name, error.message, lines)) : resolve()),
      (event: { stream?: string; error?: string }) => {
        if (event.stream) lines.push(event.stream);
        if (lines.length > 200) lines.shift();
      },
    );
  });
}

/** The Dockerfile did not build: what the engine said, and the last lines of the build. */
class ImageBuildFailed extends Error {
  constructor(name: string, message: string, lines: string[]) {
    super(`The image ${name} could not be built: ${message}\n${lines.join('').slice(-1500)}`);
    this.name = 'ImageBuildFailed';
  }
}
