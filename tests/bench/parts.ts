/** What the bench measures, in the order in which it is measured. Each part runs in a process of its own. */
import type { Report } from './measurement.ts';

export interface Part {
  /** Ended when it takes longer. */
  limitSeconds: number;
  load(): Promise<{ measure(report: Report): Promise<void> }>;
}

export const PARTS: Readonly<Record<string, Part>> = {
  size: { limitSeconds: 30, load: () => import('./size.ts') },
  api: { limitSeconds: 180, load: () => import('./api.ts') },
  cluster: { limitSeconds: 60, load: () => import('./cluster.ts') },
  'large-cluster': { limitSeconds: 60, load: () => import('./large-cluster.ts') },
  services: { limitSeconds: 60, load: () => import('./services.ts') },
  functions: { limitSeconds: 150, load: () => import('./functions.ts') },
  growth: { limitSeconds: 180, load: () => import('./growth.ts') },
  shell: { limitSeconds: 60, load: () => import('./shell.ts') },
  peer: { limitSeconds: 150, load: () => import('./webernetes.ts') },
  browser: { limitSeconds: 120, load: () => import('./browser.ts') },
};
