/** Site and sandbox API on one port. */
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import { MAX_PAYLOAD_BYTES } from '../runtimes/remote/frame.ts';
import { requestGuard } from './http/request-guard.ts';
import { sessionRoutes, type SessionRoutesOptions } from './http/session-routes.ts';
import { serveSite } from './site/static-site.ts';

export interface ServerOptions extends SessionRoutesOptions {
  /** The folder of the built site. */
  site: string;
  /** Address that the server will be bound to. */
  address: string;
  /** Host names besides those of the address. */
  hosts: string[];
}

/** A request to make a session holds the files of an exercise. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** A frame with its header, or a request's head of any sensible length. */
const MAX_MESSAGE_BYTES = 4 * MAX_PAYLOAD_BYTES;

/** A server that is ready to listen. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const guard = requestGuard(options.address, options.hosts);
  const server = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });

  // Before the guard: a refused upgrade is a connection that the plugin has to know of to close it.
  await server.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES } });

  server.addHook('onRequest', async (request, reply) => {
    const { host, origin, upgrade } = request.headers;
    const refusal = guard.refuse({
      method: request.method,
      host,
      origin,
      upgrade: upgrade !== undefined,
    });
    if (refusal) return reply.code(403).send({ message: refusal });
    return undefined;
  });

  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) console.error(error);
    // What went wrong inside is for the log.
    reply.code(status).send({ message: status >= 500 ? 'The sandbox service failed.' : error.message });
  });

  await server.register((api) => sessionRoutes(api, options), { prefix: '/api' });
  serveSite(server, options.site);
  return server;
}
