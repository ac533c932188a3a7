/** All that a lesson's page knows; written into it as JSON, so that the playground starts without a request. */
import type { ExerciseStart } from '../sandbox/runtimes/runtime.ts';
import type { Chapter, Exercise } from './curriculum.ts';
import { exerciseStart } from '../sandbox/checks/content/exercise-folder.ts';
import { sitePath } from './site-path.ts';

export interface Lesson {
  id: string;
  title: string;
  number: string;
  minutes: number;
  chapter: { slug: string; title: string; number: number };
  runtimes: string[];
  hints: string[];
  done: string;
  /** Files that are open at first, the first in front. */
  files: string[];
  /** The sentences of the checks. */
  checks: string[];
  /** What the check engine reads of `exercise.yaml`. */
  definition: Record<string, unknown>;
  start: ExerciseStart;
  next: { title: string; href: string };
}

export async function lessonOf(exercise: Exercise, chapter: Chapter, following?: Exercise): Promise<Lesson> {
  const { id, data } = exercise;
  return {
    id,
    title: data.title,
    number: data.number,
    minutes: data.minutes,
    chapter: { slug: chapter.slug, title: chapter.title, number: chapter.number },
    runtimes: data.runtimes,
    hints: data.hints,
    done: data.done,
    files: data.files,
    checks: data.checks.map((check) => check.name),
    definition: { namespace: data.namespace, start: data.start, checks: data.checks },
    start: await exerciseStart('content/exercises', id, data),
    next: following
      ? {
          title: `${following.data.number} ${following.data.title}`,
          href: sitePath(`learn/${following.id}/`),
        }
      : { title: 'Back to the contents', href: sitePath('learn/') },
  };
}
