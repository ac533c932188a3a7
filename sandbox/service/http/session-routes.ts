/** The API: what runtimes there are, making sessions, looking at them, connecting to them, ending them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { serveSession } from '../../runtimes/remote/serve-session.ts';
import { readExerciseStart, StartInvalid } from '../session/exercise-start.ts';
import { NoneFree, type OwnedSession, type SessionRegistry } from '../session/session-registry.ts';
import type { Limits } from '../settings.ts';
import { webSocketChannel } from './websocket-channel.ts';

export interface SessionRoutesOptions {
  registry: SessionRegistry;
  limits: Limits;
  /** Why no real cluster can be had whoever asks, in a sentence, or undefined. */
  trouble(): Promise<string | undefined>;
}

const COOKIE = 'slipway-session';

type WithId = { Params: { id: string } };

export async function sessionRoutes(server: FastifyInstance, options: SessionRoutesOptions): Promise<void> {
  const { registry, limits, trouble } = options;

  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  server.get('/runtimes', async (request) => {
    const reason = (await trouble()) ?? registry.fullFor(request.ip);
    return { kind: reason ? { available: false, reason, limits } : { available: true, limits } };
  });

  server.post('/sessions', async (request, reply) => {
    try {
      const start = readExerciseStart(request.body);
      const reason = await trouble();
      if (reason) return await reply.code(503).send({ message: reason });
      const { session, token } = registry.create(start, request.ip);
      reply.header('set-cookie', cookieOf(request, session.identity.id, token));
      return await reply.code(201).send({ ...describe(session), token });
    } catch (error) {
      if (error instanceof StartInvalid) return reply.code(400).send({ message: error.message });
      if (error instanceof NoneFree) return reply.code(503).send({ message: error.message });
      throw error;
    }
  });

  server.get<WithId>('/sessions/:id', async (request, reply) => {
    const session = authorized(request, reply);
    return session ? describe(session) : reply;
  });

  server.delete<WithId>('/sessions/:id', async (request, reply) => {
    const session = authorized(request, reply);
    if (!session) return reply;
    await registry.end(session.identity.id);
    return reply.code(204).send();
  });

  const preValidation = async (request: FastifyRequest<WithId>, reply: FastifyReply) => {
    authorized(request, reply);
  };
  server.get<WithId>('/sessions/:id/connect', { websocket: true, preValidation }, (socket, request) => {
    const session = registry.find(request.params.id, tokenOf(request));
    // Ended between the upgrade and here.
    if (!session) return socket.close(1008, 'This session has ended.');
    const channel = webSocketChannel(socket);
    const connection = registry.connected(session);
    const serving = serveSession(session, channel);
    // The page learns of the end by its status; then there is nothing more to say.
    const ending = session.onStatus(({ phase }) => {
      if (phase === 'closed') setTimeout(() => serving.dispose(), CLOSE_DELAY_MS);
    });
    channel.onClose(() => {
      connection.dispose();
      ending.dispose();
    });
  });

  /** Nobody learns whether there is a session whose token they do not have. */
  function authorized(request: FastifyRequest<WithId>, reply: FastifyReply): OwnedSession | undefined {
    const session = registry.find(request.params.id, tokenOf(request));
    if (!session) reply.code(404).send({ message: 'There is no such session, or it is not yours.' });
    return session;
  }
}

/** Long enough for the last status to arrive. */
const CLOSE_DELAY_MS = 250;

function describe({ identity, status }: OwnedSession) {
  return { id: identity.id, exercise: identity.start.id, version: identity.start.version, status };
}

/** Sent back with requests of this session alone. */
function cookieOf(request: FastifyRequest, id: string, token: string): string {
  const path = `${request.url.replace(/\?.*$/, '')}/${id}`;
  const secure = request.protocol === 'https' ? '; Secure' : '';
  return `${COOKIE}=${token}; Path=${path}; HttpOnly; SameSite=Strict${secure}`;
}

function tokenOf(request: FastifyRequest): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer) return bearer;
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}
