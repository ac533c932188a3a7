/** binutils `strings`, as just-bash has it. */
import { batchProgram } from '../batch-program.ts';

export const program = batchProgram('strings');
