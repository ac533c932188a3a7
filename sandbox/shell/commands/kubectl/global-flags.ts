/** Flags that every command takes (cli-runtime `ConfigFlags` and kubectl's own); `kubectl options` lists them. */
import { flag, type Flag } from './flags.ts';

export const GLOBAL_FLAGS: readonly Flag[] = [
  flag('as', '', 'User to act as; a plain user or a service account of a namespace.'),
  flag('as-group', [], 'Group to act as; may be repeated.'),
  flag('as-uid', '', 'UID to act as.'),
  flag(
    'cache-dir',
    '/root/.kube/cache',
    'Accepted and without effect: what the server offers is remembered in memory.',
  ),
  flag('certificate-authority', '', 'Accepted and without effect: the connection belongs to the session.'),
  flag('client-certificate', '', 'Accepted and without effect: the connection belongs to the session.'),
  flag('client-key', '', 'Accepted and without effect: the connection belongs to the session.'),
  flag('cluster', '', 'Name of the cluster in the kubeconfig file.'),
  flag('context', '', 'Name of the context in the kubeconfig file.'),
  flag('disable-compression', false, 'Do not ask the server for compressed answers.'),
  flag(
    'insecure-skip-tls-verify',
    false,
    'Accepted and without effect: the connection belongs to the session.',
  ),
  flag('kubeconfig', '', 'Path of the kubeconfig file.'),
  flag('match-server-version', false, "Insist on the client's version being the server's."),
  flag('namespace,n', '', 'Namespace of this request.'),
  flag(
    'request-timeout',
    '0',
    'How long to wait for one answer of the server, with a unit (1s, 2m); zero waits.',
  ),
  flag('server,s', '', 'Address of the API server.'),
  flag('tls-server-name', '', 'Accepted and without effect: the connection belongs to the session.'),
  flag('token', '', 'Bearer token for the API server.'),
  flag('user', '', 'Name of the user in the kubeconfig file.'),
  flag('v,v', 0, 'How much to tell of requests on standard error: 6 names them, 8 shows them whole.'),
  flag('warnings-as-errors', false, 'Exit with an error when the server sent a warning.'),
];

/** Every command has it. */
export const HELP_FLAG: Flag = flag('help,h', false, 'Help for this command.');
