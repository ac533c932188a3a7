/** Chapters, exercises and slides joined: what pages list. Built at build time from the collections. */
import { getCollection, type CollectionEntry } from 'astro:content';

export interface Chapter {
  /** The folder's name: `orchestration`. */
  slug: string;
  title: string;
  number: number;
  slides: number[];
  summary: string;
  /** Those that exist, in the curriculum's order. */
  exercises: Exercise[];
  entry: CollectionEntry<'chapters'>;
}

export interface Exercise {
  /** `chapter/exercise`; also the path of its page below `learn/`. */
  id: string;
  data: CollectionEntry<'exercises'>['data'];
  /** Those whose point this one builds on. */
  prerequisites: Exercise[];
}

/** `7.10` comes after `7.9`. */
const place = (number: string) => Number(number.slice(number.indexOf('.') + 1));

export async function chapters(): Promise<Chapter[]> {
  const [entries, collected] = await Promise.all([getCollection('chapters'), getCollection('exercises')]);
  const exercises = withPrerequisites(collected);
  for (const { id, data } of exercises) {
    const [chapter] = id.split('/');
    if (data.chapter !== chapter || !entries.some((entry) => entry.id === chapter)) {
      throw new Error(
        `content/exercises/${id}/exercise.yaml: chapter: expected ${chapter}, the folder's name and one of ` +
          `${entries.map((entry) => entry.id).join(', ')}; received ${data.chapter}`,
      );
    }
  }
  return entries
    .map((entry) => ({
      slug: entry.id,
      ...entry.data,
      exercises: exercises
        .filter((exercise) => exercise.data.chapter === entry.id)
        .sort((a, b) => place(a.data.number) - place(b.data.number)),
      entry,
    }))
    .sort((a, b) => a.number - b.number);
}

function withPrerequisites(collected: CollectionEntry<'exercises'>[]): Exercise[] {
  const byId = new Map(collected.map(({ id, data }) => [id, { id, data, prerequisites: [] as Exercise[] }]));
  for (const { id, data, prerequisites } of byId.values()) {
    for (const name of data.prerequisites) {
      const found = byId.get(name);
      if (!found)
        throw new Error(
          `content/exercises/${id}/exercise.yaml: prerequisites: expected chapter/exercise; received ${name}`,
        );
      prerequisites.push(found);
    }
  }
  return [...byId.values()];
}

export interface Slide {
  number: number;
  topic: string;
  chapters: Chapter[];
  exercises: Exercise[];
}

export async function slides(): Promise<Slide[]> {
  const [entries, all] = await Promise.all([getCollection('slides'), chapters()]);
  return entries
    .map(({ id, data }) => {
      const number = Number(id);
      const own = all.filter((chapter) => data.chapters.includes(chapter.slug));
      if (own.length !== data.chapters.length) {
        throw new Error(
          `content/slides.yaml: ${id}: chapters: expected names of chapters; received ${data.chapters.join(', ')}`,
        );
      }
      return {
        number,
        topic: data.topic,
        chapters: own,
        exercises: all
          .flatMap((chapter) => chapter.exercises)
          .filter((exercise) => exercise.data.slides.includes(number)),
      };
    })
    .sort((a, b) => a.number - b.number);
}
