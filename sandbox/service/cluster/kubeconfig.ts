/** Credentials for one API server, as kubectl keeps them: client certificates only. */
import { dump, load } from 'js-yaml';

export interface Kubeconfig {
  server: string;
  /** PEM. */
  ca: string;
  certificate: string;
  key: string;
}

interface KubeconfigDocument {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

const pem = (base64: string) => Buffer.from(base64, 'base64').toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Reads the one cluster and the one user of a file that kind or kubeadm wrote. */
export function readKubeconfig(yaml: string): Kubeconfig {
  const { clusters, users } = load(yaml) as KubeconfigDocument;
  const cluster = clusters[0]!.cluster;
  const user = users[0]!.user;
  return {
    server: cluster.server,
    ca: pem(cluster['certificate-authority-data']),
    certificate: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
}

/** A file for the learner's kubectl, with a context whose namespace is `namespace`. */
export function writeKubeconfig(credentials: Kubeconfig, names: { user: string; namespace: string }): string {
  const { server, ca, certificate, key } = credentials;
  const name = 'slipway';
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: names.user,
        user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: names.user, namespace: names.namespace } }],
    'current-context': name,
  });
}
