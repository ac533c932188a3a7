import { z } from 'astro/zod';

/** Frontmatter of `content/chapters/<chapter>.mdx`. */
export const chapterSchema = z.strictObject({
  title: z.string(),
  /** Place on the arc of the talk, from 1. */
  number: z.int().min(1),
  /** Slides of the talk that the chapter follows. */
  slides: z.array(z.int().positive()).min(1),
  /** One sentence: what the learner can do afterwards. */
  summary: z.string().max(200),
});
