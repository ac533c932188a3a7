import { readText } from '../../core/http.ts';
import { create } from './api.ts';
import { equal, rejection } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually, soon } from './patience.ts';

const SERVICES = '/api/v1/namespaces/default/services';

const service = (name: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
});

/** On the pod that the watches' case has made. */
export const webCases: ContractCase[] = [
  {
    name: 'web: a Service answers from inside the cluster',
    async run(session) {
      await create(session, SERVICES, service('busy', 'busy'));
      const target = { namespace: 'default', service: 'busy', port: 80 };
      const get = (path: string) =>
        soon(session.web.fetch(target, { method: 'GET', path, headers: {} }), `GET ${path} of the Service`);
      // Endpoints follow the Service in their own time, and kube-proxy follows them: until then its address
      // leads out of the cluster, where anybody or nobody may answer.
      let seen = '';
      await eventually(
        async () => {
          seen = await get('/').then(readText, String);
          return seen === 'served by busy\n' || undefined;
        },
        'the Service answers',
        () => seen,
      );
      equal((await get('/')).status, 200, 'GET /');
      equal((await get('/no-such-page')).status, 404, 'GET of no page');
    },
  },
  {
    name: 'web: no answer is a rejection',
    async run(session) {
      await create(session, SERVICES, service('nobody', 'nobody'));
      const request = { method: 'GET', path: '/', headers: {} };
      for (const [name, port] of [
        ['nobody', 80],
        ['busy', 81],
        ['no-such-service', 80],
      ] as const) {
        const target = { namespace: 'default', service: name, port };
        await soon(rejection(session.web.fetch(target, request), `${name}:${port}`), `${name}:${port}`);
      }
    },
  },
  {
    name: 'web: a request can start in a pod, and not in one that is not there',
    async run(session) {
      const request = { method: 'GET', path: '/', headers: {} };
      const target = { namespace: 'default', service: 'busy', port: 80 };
      const from = { namespace: 'default', pod: 'busy' };
      const response = await soon(session.web.fetch({ ...target, from }, request), 'GET / from the pod');
      equal(await readText(response), 'served by busy\n', 'the answer');
      const nobody = { namespace: 'default', pod: 'nobody' };
      await soon(rejection(session.web.fetch({ ...target, from: nobody }, request), 'nobody'), 'nobody');
    },
  },
];
