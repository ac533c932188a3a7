/**
 * The course's services as real images: their source on Debian's slim image with Node, built on first use and
 * loaded into a session's nodes under the names that they have in the embedded cluster. On the engine they carry
 * a name of their own, so that nobody's `catalogue:1` is touched.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { encode } from '../../core/bytes.ts';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import { ensureImage, type ContextFile } from '../engine/image-build.ts';

interface CourseImage {
  /** Version by tag. */
  tags: Readonly<Record<string, string>>;
  port: number;
}

const one = { '1.0.0': '1.0.0', '1': '1.0.0', latest: '1.0.0' };

/** As `cluster/images` has them; a test compares. */
export const COURSE_IMAGES: Readonly<Record<string, CourseImage>> = {
  catalogue: { tags: one, port: 4000 },
  hdfs: { tags: one, port: 9870 },
  httpfs: { tags: one, port: 14_000 },
  mehdb: { tags: one, port: 9876 },
  simpleservice: {
    tags: { '0.4.0': '0.4.0', '0.5.0': '0.5.0', '0.6.0': '0.6.0', latest: '0.6.0' },
    port: 9876,
  },
  'stock-con': { tags: one, port: 9898 },
  'stock-gen': { tags: one, port: 9999 },
};

/** Names of the course's images that the start of an exercise mentions. */
export function courseImagesIn({ files, manifests }: ExerciseStart): string[] {
  const text = [...manifests, ...Object.values(files)].join('\n');
  return Object.keys(COURSE_IMAGES).filter((name) => new RegExp(`(?<![\\w/.-])${name}:[\\w.]`).test(text));
}

/** An image on the engine, and what it is called on a node. */
export interface NodeImage {
  engineName: string;
  /** `docker.io/library/simpleservice:0.5.0` */
  nodeNames: string[];
}

/** Builds what is not there yet, in all versions. */
export async function buildCourseImages(engine: Docker, names: readonly string[]): Promise<NodeImage[]> {
  const base = await baseImage(engine);
  const images: NodeImage[] = [];
  for (const name of names) {
    const { tags, port } = COURSE_IMAGES[name]!;
    const sources = await sourcesOf(name);
    for (const version of new Set(Object.values(tags))) {
      const files = [...sources, ...filesOf(name, version, port, base)];
      const engineName = `slipway/${name}:${version}-${hashOf(files)}`;
      await ensureImage(engine, engineName, async () => files);
      const own = Object.keys(tags).filter((tag) => tags[tag] === version);
      images.push({ engineName, nodeNames: own.map((tag) => `docker.io/library/${name}:${tag}`) });
    }
  }
  return images;
}

async function baseImage(engine: Docker): Promise<string> {
  const require = createRequire(import.meta.url);
  const { version } = require('node/package.json') as { version: string };
  const dockerfile = {
    path: 'Dockerfile',
    mode: 0o644,
    contents: await readFile(new URL('Dockerfile', import.meta.url)),
  };
  const name = `slipway/course:${hashOf([dockerfile, file('version', version)])}`;
  await ensureImage(engine, name, async () => {
    const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
    return [dockerfile, { path: 'node', mode: 0o755, contents: await readFile(node) }];
  });
  return name;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOST = 'service/course-images/host.ts';
const RELATIVE_IMPORT = /from '(\.[^']+\.ts)'/g;

/** The service, the host and what they import, as they lie below `sandbox/`. */
async function sourcesOf(name: string): Promise<ContextFile[]> {
  const found = new Map<string, ContextFile>();
  const waiting = [HOST, `cluster/images/${name}/service.ts`];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const text = await readFile(join(ROOT, path), 'utf8');
    found.set(path, file(`sandbox/${path}`, text));
    for (const [, imported] of text.matchAll(RELATIVE_IMPORT)) waiting.push(join(dirname(path), imported!));
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesOf(name: string, version: string, port: number, base: string): ContextFile[] {
  const lines = [
    `FROM ${base}`,
    `ENV IMAGE_VERSION=${version}`,
    'WORKDIR /app',
    'COPY VERSION /app/',
    `COPY ${name} /usr/local/bin/`,
    'COPY package.json sandbox /opt/slipway/sandbox/',
    `EXPOSE ${port}`,
    `CMD ["${name}"]`,
  ];
  return [
    file('Dockerfile', `${lines.join('\n')}\n`),
    file('VERSION', `${version}\n`),
    file('package.json', '{ "type": "module" }\n'),
    file(name, `#!/bin/sh\nexec node /opt/slipway/sandbox/${HOST} ${name}\n`, 0o755),
  ];
}

const file = (path: string, contents: string, mode = 0o644): ContextFile => ({
  path,
  mode,
  contents: encode(contents),
});

function hashOf(files: readonly ContextFile[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, contents } of files) hash.update(`${path}\0${mode}\0`).update(contents);
  return hash.digest('hex').slice(0, 12);
}
