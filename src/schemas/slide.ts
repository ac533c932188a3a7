import { z } from 'astro/zod';

/** A line of `content/slides.yaml`; its key is the slide's number. */
export const slideSchema = z.strictObject({
  /** What the slide is about. */
  topic: z.string(),
  /** Chapters it belongs to; a slide leads to their exercises that name it. */
  chapters: z.array(z.string()).min(1),
});
