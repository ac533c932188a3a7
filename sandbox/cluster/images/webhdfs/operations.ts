/**
 * WebHDFS, the REST API of Hadoop's file systems, as its documentation has it
 * (https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/WebHDFS.html): the operations that
 * need no more than the tree of names, and the shape of answers and errors. How a file's contents come and go
 * (`OPEN`, `CREATE`) is where implementations differ; it is theirs.
 *
 * Left out: permissions and owners other than the user's name, quotas, snapshots, attributes, `APPEND`, tokens.
 */
import { decode, encode } from '../../../core/bytes.ts';
import { json, text, type Service, type ServiceRequest, type ServiceResponse } from '../service.ts';
import { RemoteException, type FileTree, type TreeNode } from './file-tree.ts';

const ROOT = '/webhdfs/v1';
const BLOCK_BYTES = 128 * 1024 ** 2;

/** A request to a file system. */
export interface Call {
  /** Within the file system: `/reports/sales.csv`. */
  path: string;
  request: ServiceRequest;
  user: string;
}

export type Operation = (call: Call) => ServiceResponse | Promise<ServiceResponse>;

/** `GET OPEN`: method and operation. */
export type Operations = Readonly<Record<string, Operation>>;

/** @param defaultUser whom a request is from that names nobody (`user.name=`). */
export function webHdfs(operations: Operations, defaultUser: string): Service['handle'] {
  return async (request) => {
    const { method, path, query } = request;
    if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return text(404, 'Not Found\n');
    const op = (query['op'] ?? '').toUpperCase();
    const call: Call = {
      path: decodeURIComponent(path.slice(ROOT.length)).replace(/\/+$/, '') || '/',
      request,
      user: query['user.name'] ?? defaultUser,
    };
    const operation = operations[`${method} ${op}`];
    try {
      if (!operation)
        throw new RemoteException(
          400,
          'java.lang.IllegalArgumentException',
          `Invalid value for webhdfs parameter "op": No enum constant ${method} ${op}`,
        );
      return await operation(call);
    } catch (error) {
      if (!(error instanceof RemoteException)) throw error;
      return exception(error);
    }
  };
}

/** What both implementations do alike. `onDeleted` hears of the contents of files that are gone. */
export const namesOperations = <Content>(
  tree: FileTree<Content>,
  onDeleted: (contents: Content[]) => void | Promise<void> = () => {},
): Operations => ({
  'GET GETFILESTATUS': ({ path, user }) => json(200, { FileStatus: status('', tree.stat(path), user) }),
  'GET LISTSTATUS': ({ path, user }) =>
    json(200, {
      FileStatuses: { FileStatus: tree.list(path).map(([name, node]) => status(name, node, user)) },
    }),
  'PUT MKDIRS': ({ path }) => {
    tree.makeDirectories(path);
    return json(200, { boolean: true });
  },
  'PUT RENAME': ({ path, request }) =>
    json(200, { boolean: tree.rename(path, request.query['destination'] ?? '') }),
  async 'DELETE DELETE'({ path, request }) {
    const gone = tree.delete(path, request.query['recursive'] === 'true');
    if (gone) await onDeleted(gone);
    return json(200, { boolean: gone !== undefined });
  },
});

/** The body is empty and the work is elsewhere. */
export const redirect = (location: string): ServiceResponse => ({
  status: 307,
  headers: { location, 'content-type': 'application/octet-stream' },
  body: '',
});

/** What is asked for of a file by `offset` and `length`, in bytes. */
export function slice(contents: string, { query }: ServiceRequest): ServiceResponse {
  const bytes = encode(contents);
  const from = Number(query['offset'] ?? 0);
  const to = query['length'] === undefined ? bytes.length : from + Number(query['length']);
  const body = decode(bytes.subarray(from, to));
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

export const lengthBytesOf = (contents: string): number => encode(contents).length;

/** A file was made. */
export const created = (location: string): ServiceResponse => ({
  status: 201,
  headers: { location },
  body: '',
});

function status(pathSuffix: string, node: TreeNode<unknown>, owner: string) {
  const isFile = node.type === 'FILE';
  return {
    accessTime: isFile ? node.modificationTime : 0,
    blockSize: isFile ? BLOCK_BYTES : 0,
    group: 'supergroup',
    length: isFile ? node.lengthBytes : 0,
    modificationTime: node.modificationTime,
    owner,
    pathSuffix,
    permission: isFile ? '644' : '755',
    replication: isFile ? 1 : 0,
    type: node.type,
  };
}

function exception({ status: code, className, message }: RemoteException): ServiceResponse {
  const name = className.slice(className.lastIndexOf('.') + 1);
  return json(code, { RemoteException: { exception: name, javaClassName: className, message } });
}
