/**
 * The registry's server: `registry serve`, with REGISTRY_HTTP_ADDR, REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY
 * and REGISTRY_STORAGE_DELETE_ENABLED from the environment. Its configuration file is not read: nothing that
 * a lesson changes stands in it.
 */
import type { HttpRequest } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Peer } from '../../../os/network.ts';
import { registryApi } from '../distribution/registry-api.ts';
import { RegistryStorage } from '../distribution/registry-storage.ts';

export const DEFAULT_PORT = 5000;
export const DEFAULT_ROOT = '/var/lib/registry';

export const program: Program = async (process) => {
  const { network, random, clock } = process.machine;
  const { environment } = process;
  if (!network) throw new Errno('ENETUNREACH');
  const port = Number(environment['REGISTRY_HTTP_ADDR']?.replace(/^.*:/, '') ?? DEFAULT_PORT);
  const root = environment['REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY'] ?? DEFAULT_ROOT;
  const answer = registryApi({
    storage: new RegistryStorage(process.fileSystem, root),
    random,
    deletable: environment['REGISTRY_STORAGE_DELETE_ENABLED'] === 'true',
  });
  const log = (level: string, message: string) =>
    process.printError(
      `time="${new Date(clock.now()).toISOString()}" level=${level} msg="${message}" service=registry\n`,
    );
  let listening;
  try {
    listening = network.listen(port, async (request, peer) => {
      const response = await answer(request);
      process.log(accessLine(request, peer, response.status, clock.now()));
      return response;
    });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    await log('fatal', `listen tcp :${port}: bind: ${error.message.toLowerCase()}`);
    return 1;
  }
  await log('info', `listening on [::]:${port}`);
  try {
    return await process.wait(
      new Promise<number>((resolve) => {
        for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, () => resolve(0));
      }),
    );
  } finally {
    listening.dispose();
  }
};

/** A line of the access log, in Apache's combined format. */
function accessLine(
  { method, path, headers }: HttpRequest,
  peer: Peer,
  status: number,
  nowMs: number,
): string {
  const time = new Date(nowMs)
    .toUTCString()
    .replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1/$2/$3:$4 +0000');
  return `${peer.address} - - [${time}] "${method} ${path} HTTP/1.1" ${status} 0 "" "${headers['user-agent'] ?? ''}"\n`;
}
