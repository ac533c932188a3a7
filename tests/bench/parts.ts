/** What the bench measures, in the order in which it is measured. Each part runs in a process of its own. */
import type { Report } from './measurement.ts';

export interface PartOptions {
  /** Whether what a part draws goes into `docs/bench/`. */
  writesDocs: boolean;
}

interface Part {
  /** Ended when it takes longer. */
  limitSeconds: number;
  load(): Promise<{ measure(report: Report, options: PartOptions): Promise<void> }>;
}

export const PARTS: Readonly<Record<string, Part>> = {
  size: { limitSeconds: 30, load: () => import('./size.ts') },
  api: { limitSeconds: 180, load: () => import('./api.ts') },
  cluster: { limitSeconds: 120, load: () => import('./cluster.ts') },
  'large-cluster': { limitSeconds: 120, load: () => import('./large-cluster.ts') },
  services: { limitSeconds: 120, load: () => import('./services.ts') },
  functions: { limitSeconds: 150, load: () => import('./functions.ts') },
  mesh: { limitSeconds: 60, load: () => import('./mesh.ts') },
  growth: { limitSeconds: 600, load: () => import('./growth.ts') },
  shell: { limitSeconds: 120, load: () => import('./shell.ts') },
  peer: { limitSeconds: 300, load: () => import('./webernetes.ts') },
  browser: { limitSeconds: 120, load: () => import('./browser.ts') },
  'lesson-paint': { limitSeconds: 60, load: () => import('./lesson-paint.ts') },
  scrolling: { limitSeconds: 300, load: () => import('./scrolling.ts') },
  'cluster-picture': { limitSeconds: 300, load: () => import('./cluster-picture.ts') },
};
