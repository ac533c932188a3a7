import { z } from 'astro/zod';

/**
 * What pages read of `exercise.yaml`. The file holds more (set-up, checks with their expressions): that
 * belongs to the check engine, which validates it; here those keys pass through unread.
 */
export const exerciseSchema = z.object({
  title: z.string(),
  /** Chapter and place in it, as the curriculum numbers them: `7.1`. Quote it in YAML, or 7.10 becomes 7.1. */
  number: z.string().regex(/^\d+\.\d+$/),
  chapter: z.string(),
  slides: z.array(z.int().positive()).min(1),
  /** How long a learner takes who has read the chapter. */
  minutes: z.int().positive(),
  /** One sentence for lists and search. */
  summary: z.string().max(200),
  /** Where a recorded run of its checks is green. */
  runtimes: z.array(z.enum(['embedded', 'linux', 'kind', 'fleet'])).min(1),
  /** Exam domains by code, as in the curriculum: CKAD D P O S N, KCNA F C A R. */
  exam: z
    .object({
      ckad: z.array(z.enum(['D', 'P', 'O', 'S', 'N'])).optional(),
      kcna: z.array(z.enum(['F', 'C', 'A', 'R'])).optional(),
    })
    .optional(),
  /** Exercises whose point this one builds on, as `chapter/exercise`. */
  prerequisites: z.array(z.string()).default([]),
  /** Namespace of the learner's context. */
  namespace: z.string().default('default'),
  /** Nodes of the cluster, the control plane included. */
  nodes: z.int().min(1).default(1),
  /** What the cluster has besides what a stock one has. */
  addons: z.array(z.enum(['gateway', 'snapshots', 'mesh', 'prometheus', 'jaeger', 'knative'])).optional(),
  /** Files of `start/`, or `setup/NAME` that the learner does not see, applied before the learner comes. */
  apply: z.array(z.string()).optional(),
  /** Opened one by one, each says a little more. */
  hints: z.array(z.string()).default([]),
  /** Closing words, shown when every check has passed. */
  done: z.string(),
  /** Workspace files that are open when the learner comes, the first in front. */
  files: z.array(z.string()).default([]),
  /** The state that checks compare with; the check engine reads it. */
  start: z.unknown().optional(),
  checks: z.array(z.looseObject({ name: z.string() })).min(1),
});
