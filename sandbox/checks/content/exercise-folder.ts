/** An exercise's folder on disk: `exercise.yaml`, `lesson.mdx`, `start/`, `setup/`, `solution/`, `wrong/<name>/`. Read at build time and by check-content. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { load } from 'js-yaml';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import { readExerciseChecks, type ExerciseChecks } from '../exercise-checks.ts';
import { lessonCommands, type LessonCommand } from './lesson-commands.ts';

/** An answer: files that are laid into the workspace, then `solve.sh` is run there by the learner's shell. */
export interface Answer {
  name: string;
  files: Record<string, string>;
}

export interface WrongAnswerFolder extends Answer {
  /** A part of the message that some check has to show. */
  message: string;
}

export interface ExerciseFolder {
  id: string;
  start: ExerciseStart;
  checks: ExerciseChecks;
  runtimes: string[];
  /** What the prose offers to run, in order. */
  commands: LessonCommand[];
  solution: Answer;
  wrong: WrongAnswerFolder[];
}

/** `chapter/exercise` of every exercise below `root`, sorted. */
export async function exerciseIds(root: string): Promise<string[]> {
  const files = await filesBelow(root);
  return Object.keys(files)
    .filter((path) => /^[^/]+\/[^/]+\/exercise\.yaml$/.test(path))
    .map((path) => path.slice(0, -'/exercise.yaml'.length))
    .sort();
}

/** What a session of the exercise starts from. `declaration` is its parsed `exercise.yaml`. */
export async function exerciseStart(
  root: string,
  id: string,
  declaration: Declaration,
): Promise<ExerciseStart> {
  const files = await filesBelow(join(root, id, 'start'));
  const setup = await filesBelow(join(root, id, 'setup'));
  const text = await readFile(join(root, id, 'exercise.yaml'), 'utf8');
  const version = createHash('sha256')
    .update(JSON.stringify([files, setup, text]))
    .digest('hex')
    .slice(0, 16);
  const manifests = (declaration.apply ?? []).map((name) => {
    const manifest =
      files[name] ?? (name.startsWith('setup/') ? setup[name.slice('setup/'.length)] : undefined);
    if (manifest === undefined) throw new Error(`${id}/exercise.yaml: apply: start/${name} does not exist`);
    return manifest;
  });
  return {
    id,
    version,
    files,
    manifests,
    namespace: declaration.namespace ?? 'default',
    nodes: declaration.nodes ?? 1,
    ...(declaration.addons ? { addons: declaration.addons } : {}),
  };
}

/** The keys of `exercise.yaml` that a session starts from. */
export interface Declaration {
  /** Files of `start/`, or `setup/NAME` that the learner does not see, applied before the learner comes. */
  apply?: string[] | undefined;
  namespace?: string | undefined;
  nodes?: number | undefined;
  addons?: string[] | undefined;
}

/** Reads all of it. Throws with the file's name, and `ExerciseInvalid` for the mistakes of an author. */
export async function readExerciseFolder(root: string, id: string): Promise<ExerciseFolder> {
  const declaration = load(await readFile(join(root, id, 'exercise.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  const lesson = await readFile(join(root, id, 'lesson.mdx'), 'utf8');
  const wrong = await filesBelow(join(root, id, 'wrong'));
  const names = [...new Set(Object.keys(wrong).map((path) => path.split('/')[0]!))].sort();
  return {
    id,
    start: await exerciseStart(root, id, declaration as Declaration),
    checks: readExerciseChecks(declaration),
    runtimes: declaration['runtimes'] as string[],
    commands: lessonCommands(lesson).commands,
    solution: { name: 'solution', files: await filesBelow(join(root, id, 'solution')) },
    wrong: names.map((name) => {
      const own = Object.entries(wrong).filter(([path]) => path.startsWith(`${name}/`));
      const files = Object.fromEntries(own.map(([path, text]) => [path.slice(name.length + 1), text]));
      const { 'message.txt': message, ...rest } = files;
      if (!message)
        throw new Error(`${id}/wrong/${name}/message.txt is missing: which message should the learner get?`);
      return { name: `wrong/${name}`, files: rest, message: message.trim() };
    }),
  };
}

/** Texts by path relative to the folder; none when there is no folder. */
export async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(paths.sort().map((path) => readFile(path, 'utf8')));
  return Object.fromEntries(
    paths.map((path, i) => [relative(folder, path).split(sep).join('/'), contents[i]!]),
  );
}
