/** simpleservice as an image: its version is the tag's, and `SIMPLE_SERVICE_VERSION` overrides it. */
import { courseImage } from '../course-image.ts';
import { runService } from '../service-program.ts';
import { createService } from './service.ts';

export const program = runService(createService);

export const tags = {
  '0.4.0': () => courseImage('simpleservice', '0.4.0', 9876),
  '0.5.0': () => courseImage('simpleservice', '0.5.0', 9876),
  '0.6.0': () => courseImage('simpleservice', '0.6.0', 9876),
  latest: '0.6.0',
} as const;
