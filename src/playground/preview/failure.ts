/** Why there is no page, in the words of curl, and what to look at next. */
import type { PreviewAddress } from './address.ts';

export interface Failure {
  /** What curl would say. */
  said: string;
  /** What it means here. */
  meaning: string;
  /** Commands that tell more. */
  tries: string[];
}

/** @param error what the session's `web` rejected with */
export function explain(error: unknown, { namespace, service, port }: PreviewAddress): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const host = `${service}.${namespace}`;
  const describe = `kubectl describe service ${service} -n ${namespace}`;
  const endpoints = `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${service}`;
  const pods = `kubectl get pods -n ${namespace} -o wide`;
  if (/could not resolve host/i.test(message)) {
    return {
      said: `curl: (6) Could not resolve host: ${host}`,
      meaning: `The namespace ${namespace} has no Service called ${service}.`,
      tries: ['kubectl get services -A'],
    };
  }
  if (/refused/i.test(message)) {
    return {
      said: `curl: (7) Failed to connect to ${host} port ${port}: Connection refused`,
      meaning:
        'Either the Service has no such port, or no ready pod stands behind it, or nothing in the pod listens on the ' +
        'port that the Service sends to.',
      tries: [describe, endpoints, pods],
    };
  }
  if (/timed out|timeout|no answer/i.test(message)) {
    return {
      said: `curl: (28) Failed to connect to ${host} port ${port}: Connection timed out`,
      meaning:
        'Nobody answered. The Service may have no such port, a NetworkPolicy may drop the connection, the node of the pod may be away, or the program is busy.',
      tries: [describe, pods, `kubectl get networkpolicies -n ${namespace}`],
    };
  }
  if (/reset by peer|socket hang up|ended|aborted/i.test(message)) {
    return {
      said: 'curl: (56) Recv failure: Connection reset by peer',
      meaning: 'The program took the connection and ended before it had answered. Its log may say why.',
      tries: [pods, `kubectl logs -n ${namespace} service/${service} --tail=20`],
    };
  }
  return {
    said: message,
    meaning: `There is no answer from ${host} on port ${port} to show.`,
    tries: [describe],
  };
}
