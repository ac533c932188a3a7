/** The contract on the embedded cluster: at the session itself, and through the connection that a page has. */
import { describeRuntime } from '../../contract/describe-runtime.ts';
import { memoryChannels } from '../../remote/channel.ts';
import { connectSession } from '../../remote/connect-session.ts';
import { serveSession } from '../../remote/serve-session.ts';
import { openEmbedded } from './open-embedded.ts';

describeRuntime('embedded', (start) => openEmbedded(start));

describeRuntime('embedded, through a connection', async (start) => {
  const [near, far] = memoryChannels();
  serveSession(await openEmbedded(start), far);
  return connectSession(near);
});
