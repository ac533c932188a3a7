/** `awk`, run by just-bash in a Worker. */
import { batchProgram } from '../batch-program.ts';

export const program = batchProgram('awk');
