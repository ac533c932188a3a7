/** Reads what a session starts from out of an exercise's folder, at build time. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ExerciseStart } from '../sandbox/runtimes/runtime.ts';
import type { ExerciseData } from './schemas/exercise.ts';

const ROOT = 'content/exercises';

/** Every file below `folder` by its path relative to it, with forward slashes; none when it does not exist. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const contents = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return Object.fromEntries(
    paths.map((path, at) => [relative(folder, path).split(sep).join('/'), contents[at]!]),
  );
}

/** `start/` holds the learner's files; those that `apply:` names are also what the cluster begins with. */
export async function exerciseStart(id: string, data: ExerciseData): Promise<ExerciseStart> {
  const folder = join(ROOT, id);
  const [files, declaration] = await Promise.all([
    filesBelow(join(folder, 'start')),
    readFile(join(folder, 'exercise.yaml'), 'utf8'),
  ]);
  const version = createHash('sha256')
    .update(JSON.stringify([files, declaration]))
    .digest('hex')
    .slice(0, 16);
  return {
    id,
    version,
    files,
    manifests: data.apply.map((path) => fileNamed(files, path, `${folder}/exercise.yaml: apply`)),
    namespace: data.namespace,
    nodes: data.nodes,
  };
}

function fileNamed(files: Record<string, string>, path: string, where: string): string {
  const contents = files[path];
  if (contents === undefined) {
    throw new Error(`${where}: expected one of ${Object.keys(files).join(', ')}; received ${path}`);
  }
  return contents;
}
