/** The contract on a real cluster: at the session itself, and through the connection that a page has. */
import Docker from 'dockerode';
import { describeRuntime } from '../runtimes/contract/describe-runtime.ts';
import { memoryChannels } from '../runtimes/remote/channel.ts';
import { connectSession } from '../runtimes/remote/connect-session.ts';
import { serveSession } from '../runtimes/remote/serve-session.ts';
import { openKind } from './open-kind.ts';

let id = '';

/** Containers and networks of the session. */
async function leftovers(): Promise<string[]> {
  const engine = new Docker();
  const [containers, networks] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listNetworks(),
  ]);
  const names = [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
  return names.filter((name) => name.includes(id));
}

describeRuntime(
  'kind, through a connection',
  async (start) => {
    const session = await openKind(start);
    id = session.identity.id;
    const [near, far] = memoryChannels();
    serveSession(session, far);
    return connectSession(near);
  },
  leftovers,
);
