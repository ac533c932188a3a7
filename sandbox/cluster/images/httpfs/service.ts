/**
 * httpfs: the same API by one server that has names and contents, after Hadoop's HttpFS. It answers `OPEN` itself. A
 * `CREATE` without `data=true` it sends back to itself with it, so that a client of two steps finds both; with
 * it, the body has to be `application/octet-stream`. It overwrites unless it is told not to, where a namenode
 * refuses unless it is told to. Environment: `HTTPFS_PORT` (14000).
 */
import { text, type CreateService } from '../service.ts';
import { FileTree } from '../webhdfs/file-tree.ts';
import { created, lengthBytesOf, namesOperations, redirect, slice, webHdfs } from '../webhdfs/operations.ts';

const DEFAULT_PORT = 14_000;
const UPLOAD_TYPE = 'application/octet-stream';

export const createService: CreateService = (host) => {
  const port = Number(host.environment['HTTPFS_PORT'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  const tree = new FileTree<string>(() => host.now());
  host.log(`httpfs listening on port ${port}`);
  const api = webHdfs(
    {
      ...namesOperations(tree),
      'GET OPEN': ({ path, request }) => slice(tree.file(path).content, request),
      'PUT CREATE': ({ path, request: { query, headers, body } }) => {
        const self = `http://${headers['host'] ?? `${host.hostname}:${port}`}/webhdfs/v1${encodeURI(path)}`;
        if (query['data'] !== 'true')
          return redirect(`${self}?${new URLSearchParams({ ...query, data: 'true' })}`);
        if (headers['content-type'] !== UPLOAD_TYPE)
          return text(400, `Data upload requests must have content-type set to '${UPLOAD_TYPE}'\n`);
        tree.write(path, lengthBytesOf(body), body, query['overwrite'] !== 'false');
        host.log(`${path} has ${lengthBytesOf(body)} bytes`);
        return created(self);
      },
    },
    'httpfs',
  );
  return {
    port,
    handle: async (request) => (request.path === '/healthz' ? text(200, 'ok\n') : api(request)),
  };
};
