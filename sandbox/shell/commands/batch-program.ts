/** Tools that run where they can be stopped (`os/batch-tools.ts`). */
import type { Program } from '../../os/machine.ts';

export const batchProgram =
  (tool: string): Program =>
  async (process) => {
    const { batch } = process.machine;
    if (batch) return await batch.run(process, tool, process.argv.slice(1));
    await process.printError(`${tool}: not available here: this machine has no workers to run it in\n`);
    return 127;
  };
