/**
 * hdfs: a small HDFS with its two roles. The namenode knows names and sends whoever wants contents to the datanode
 * with 307; the datanode keeps blocks, in memory, and tells the namenode when one is complete. Between each other they use
 * a few requests of their own below `/internal`, in place of Hadoop's RPC.
 *
 * Environment: `HDFS_ROLE` (namenode, or datanode), `HDFS_PORT` (9870; a datanode's 9864), `HDFS_DATANODE`
 * (datanode:9864) and `HDFS_NAMENODE` (namenode:9870), where each finds the other, and clients the datanode.
 */
import { json, text, type CreateService, type Service, type ServiceHost } from '../service.ts';
import { FileTree, RemoteException } from '../webhdfs/file-tree.ts';
import { created, lengthBytesOf, namesOperations, redirect, slice, webHdfs } from '../webhdfs/operations.ts';

const NAMENODE_PORT = 9870;
const DATANODE_PORT = 9864;
const USER = 'dr.who';

export const createService: CreateService = (host) =>
  host.environment['HDFS_ROLE'] === 'datanode' ? createDatanode(host) : createNamenode(host);

function createNamenode(host: ServiceHost): Service {
  const port = Number(host.environment['HDFS_PORT'] ?? NAMENODE_PORT) || NAMENODE_PORT;
  const datanode = `http://${host.environment['HDFS_DATANODE'] || `datanode:${DATANODE_PORT}`}`;
  /** Blocks by name; the contents are elsewhere. */
  const tree = new FileTree<string>(() => host.now());
  let blocks = 0;
  host.log(`namenode listening on port ${port}, contents are with ${datanode}`);

  /** A block that nobody can be told of now is lost room, no more. */
  const drop = async (gone: string[]) => {
    for (const block of gone)
      await host
        .fetch(`${datanode}/internal/blocks/${block}`, { method: 'DELETE' })
        .catch((error: Error) => host.log(`${block} is not removed: ${error.message}`));
  };
  const api = webHdfs(
    {
      ...namesOperations(tree, drop),
      'GET OPEN': ({ path, request: { query } }) => {
        const { content } = tree.file(path);
        const part = ['offset', 'length'].flatMap((key) =>
          query[key] === undefined ? [] : [`&${key}=${query[key]}`],
        );
        return redirect(`${datanode}/webhdfs/v1${encodeURI(path)}?op=OPEN&block=${content}${part.join('')}`);
      },
      'PUT CREATE': ({ path, request: { query } }) => {
        const overwrite = query['overwrite'] === 'true';
        const there = tree.find(path);
        // What cannot be is refused before anything is sent.
        if (there && !(overwrite && there.type === 'FILE')) tree.write(path, 0, '', overwrite);
        return redirect(
          `${datanode}/webhdfs/v1${encodeURI(path)}?op=CREATE&overwrite=${overwrite}&block=blk_${++blocks}`,
        );
      },
    },
    USER,
  );
  return {
    port,
    async handle(request) {
      if (request.path === '/healthz') return text(200, 'ok\n');
      if (request.path !== '/internal/complete') return api(request);
      const { path, length, block, overwrite } = request.query;
      try {
        const old = tree.write(path!, Number(length), block!, overwrite === 'true');
        if (old !== undefined) await drop([old]);
        host.log(`${path} is ${block}, ${length} bytes`);
        return json(200, {});
      } catch (error) {
        if (!(error instanceof RemoteException)) throw error;
        return json(error.status, { className: error.className, message: error.message });
      }
    },
  };
}

function createDatanode(host: ServiceHost): Service {
  const port = Number(host.environment['HDFS_PORT'] ?? DATANODE_PORT) || DATANODE_PORT;
  const address = host.environment['HDFS_NAMENODE'] || `namenode:${NAMENODE_PORT}`;
  host.log(`datanode listening on port ${port}, names are with http://${address}`);
  const blocks = new Map<string, string>();

  const api = webHdfs(
    {
      'GET OPEN': ({ path, request }) => {
        const contents = blocks.get(request.query['block'] ?? '');
        if (contents === undefined)
          throw new RemoteException(
            404,
            'java.io.FileNotFoundException',
            `Could not obtain a block of ${path}`,
          );
        return slice(contents, request);
      },
      async 'PUT CREATE'({ path, request: { query, body } }) {
        const { block, overwrite } = query;
        if (!block)
          throw new RemoteException(
            400,
            'java.lang.IllegalArgumentException',
            `${path}: a datanode writes what a namenode has sent to it`,
          );
        blocks.set(block, body);
        const facts = new URLSearchParams({
          path,
          block,
          length: String(lengthBytesOf(body)),
          overwrite: overwrite ?? 'false',
        });
        const answer = await host.fetch(`http://${address}/internal/complete?${facts}`, { method: 'PUT' });
        if (answer.status !== 200) {
          const { className, message } = JSON.parse(answer.body) as { className: string; message: string };
          throw new RemoteException(answer.status, className, message);
        }
        return created(`hdfs://${address}${path}`);
      },
    },
    USER,
  );
  return {
    port,
    async handle(request) {
      if (request.path === '/healthz') return text(200, 'ok\n');
      const block = /^\/internal\/blocks\/(\w+)$/.exec(request.path)?.[1];
      if (!block) return api(request);
      blocks.delete(block);
      return text(200, '');
    },
  };
}
