/** `pause`: what holds a pod's namespaces; its program waits for a signal and reaps what is left over. */
import type { Program } from '../../../os/machine.ts';
import { BUILT_MS, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

export const program: Program = async (process) => {
  await process.wait(
    new Promise<void>((resolve) => {
      for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
    }),
  );
  await process.printError('Shutting down, got signal\n');
  return 0;
};

export const tags = {
  '3.10.1': () =>
    new Image({ Entrypoint: ['/pause'], User: '65535:65535' }, [
      new Layer([file('/pause', executable('pause'), 0o755)], 'ADD pause /pause', BUILT_MS),
    ]),
} as const;
