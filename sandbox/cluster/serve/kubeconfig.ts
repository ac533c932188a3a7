/** The kubeconfig of a served cluster, with a client certificate for its administrator. */
import { Buffer } from 'node:buffer';
import type { KeyPair } from './certificates.ts';

export interface KubeconfigOptions {
  name: string;
  /** `https://127.0.0.1:6443` */
  server: string;
  /** PEM. */
  authority: string;
  user: KeyPair;
}

export function kubeconfigOf({ name, server, authority, user }: KubeconfigOptions): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    certificate-authority-data: ${base64(authority)}
    server: ${server}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
users:
- name: ${name}
  user:
    client-certificate-data: ${base64(user.certificate)}
    client-key-data: ${base64(user.key)}
`;
}
