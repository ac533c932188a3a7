import { defineCollection } from 'astro:content';
import { docsLoader } from '@astrojs/starlight/loaders';
import { docsSchema } from '@astrojs/starlight/schema';
import { glob, file } from 'astro/loaders';
import { chapterSchema } from './schemas/chapter.ts';
import { exerciseSchema } from './schemas/exercise.ts';
import { slideSchema } from './schemas/slide.ts';

const folderOf = (entry: string) => entry.slice(0, entry.lastIndexOf('/'));

export const collections = {
  /** Starlight's own pages; here only the 404. */
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  /** `content/chapters/<chapter>.mdx` */
  chapters: defineCollection({
    loader: glob({ base: './content/chapters', pattern: '*.mdx' }),
    schema: chapterSchema,
  }),
  /** `content/exercises/<chapter>/<exercise>/exercise.yaml`; the id is `<chapter>/<exercise>`. */
  exercises: defineCollection({
    loader: glob({
      base: './content/exercises',
      pattern: '*/*/exercise.yaml',
      generateId: ({ entry }) => folderOf(entry),
    }),
    schema: exerciseSchema,
  }),
  /** The prose of an exercise, under the same id. */
  lessons: defineCollection({
    loader: glob({
      base: './content/exercises',
      pattern: '*/*/lesson.mdx',
      generateId: ({ entry }) => folderOf(entry),
    }),
  }),
  /** `content/slides.yaml`: where each slide of the talk leads. */
  slides: defineCollection({ loader: file('./content/slides.yaml'), schema: slideSchema }),
};
