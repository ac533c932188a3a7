/** httpfs as an image. */
import { courseImage } from '../course-image.ts';
import { runService } from '../service-program.ts';
import { createService } from './service.ts';

export const program = runService(createService);

export const tags = {
  '1.0.0': () => courseImage('httpfs', '1.0.0', 14_000, ['curl']),
  '1': '1.0.0',
  latest: '1.0.0',
} as const;
