/**
 * mehdb: a key-value store that takes replication lightly. The shard whose name ends in `-0` is the leader
 * and takes writes; the others redirect writes to it and copy what it has every few seconds.
 * `GET /get/KEY`, `PUT /set/KEY` with the value as body, `GET /status` (`?level=full` lists the keys).
 *
 * Environment: `MEHDB_PORT` (9876), `MEHDB_DATADIR` (/mehdbdata), `MEHDB_LEADER` (mehdb-0.mehdb),
 * `MEHDB_HOST`: the own name instead of the machine's.
 */
import { json, text, type CreateService, type ServiceHost, type ServiceResponse } from '../service.ts';

const DEFAULT_PORT = 9876;
const SYNC_MS = 5_000;
/** Keys are file names. */
const KEY = /^[A-Za-z0-9._-]{1,200}$/;

export const createService: CreateService = (host) => {
  const { environment } = host;
  const port = Number(environment['MEHDB_PORT'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  const directory = environment['MEHDB_DATADIR'] || '/mehdbdata';
  const name = environment['MEHDB_HOST'] || host.hostname;
  const leads = name.endsWith('-0');
  const leader = `http://${environment['MEHDB_LEADER'] || 'mehdb-0.mehdb'}:${port}`;
  host.log(`mehdb serving from ${name}:${port} as ${leads ? 'leader' : 'follower'}, data in ${directory}`);

  const pathOf = (key: string) => `${directory}/${key}`;
  return {
    port,
    ...(leads ? {} : { work: () => follow(host, leader, directory) }),
    async handle({ method, path, query, body }): Promise<ServiceResponse> {
      if (path === '/status') {
        const keys = host.files.list(directory);
        return json(200, {
          host: name,
          role: leads ? 'leader' : 'follower',
          numkeys: keys.length,
          ...(query['level'] === 'full' ? { keys } : {}),
        });
      }
      const [, verb, key] = /^\/(get|set)\/([^/]+)$/.exec(path) ?? [];
      if (!key || !KEY.test(key)) return text(404, 'not found\n');
      if (verb === 'get') {
        const value = host.files.read(pathOf(key));
        return value === undefined ? text(404, `${key}: no such key\n`) : text(200, value);
      }
      if (method !== 'PUT' && method !== 'POST') return text(405, 'use PUT\n');
      if (!leads) return { ...text(307, ''), headers: { location: `${leader}/set/${key}` } };
      host.files.write(pathOf(key), body);
      host.log(`stored ${key}, ${body.length} characters`);
      return text(200, 'ok\n');
    },
  };
};

/** Copies what the leader has, for ever. */
async function follow(host: ServiceHost, leader: string, directory: string): Promise<void> {
  for (;;) {
    try {
      const { body } = await host.fetch(`${leader}/status?level=full`);
      for (const key of (JSON.parse(body) as { keys: string[] }).keys) {
        const { status, body: value } = await host.fetch(`${leader}/get/${key}`);
        if (status === 200) host.files.write(`${directory}/${key}`, value);
      }
    } catch (error) {
      host.log(`cannot copy from the leader: ${error instanceof Error ? error.message : error}`);
    }
    await host.sleep(SYNC_MS);
  }
}
