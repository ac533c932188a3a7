import { api, CONFIG_MAPS, configMap, create, Exec, servingPod, Watch, type WatchEvent } from './api.ts';
import { claim, equal, rejection } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually, soon } from './patience.ts';

const WATCH = `${CONFIG_MAPS}?watch=true`;
const nameIn = ({ type, object }: WatchEvent) => `${type} ${object.metadata.name}`;

export const kubeCases: ContractCase[] = [
  {
    name: 'kube: objects are created, read, changed, deleted; failures are a Status',
    async run(session) {
      const made = await create(session, CONFIG_MAPS, configMap('crud', { a: '1' }));
      claim(
        made.metadata.uid && made.metadata.resourceVersion,
        'a created object has uid and resourceVersion',
      );
      const patched = await api(session, 'PATCH', `${CONFIG_MAPS}/crud`, { data: { a: '2' } });
      equal([patched.status, patched.body.data], [200, { a: '2' }], 'PATCH');
      equal(
        (await api(session, 'POST', CONFIG_MAPS, configMap('crud'))).body.reason,
        'AlreadyExists',
        'POST again',
      );
      equal((await api(session, 'DELETE', `${CONFIG_MAPS}/crud`)).status, 200, 'DELETE');
      const { status, body } = await api(session, 'GET', `${CONFIG_MAPS}/crud`);
      equal(
        [status, body.kind, body.reason, body.message],
        [404, 'Status', 'NotFound', 'configmaps "crud" not found'],
        'GET of what was deleted',
      );
    },
  },
  {
    name: 'kube: a watch goes on from a resourceVersion and misses nothing',
    async run(session) {
      const list = await api(session, 'GET', CONFIG_MAPS);
      const from = list.body.metadata.resourceVersion as string;
      const watch = await Watch.start(session, `${WATCH}&resourceVersion=${from}`);
      await create(session, CONFIG_MAPS, configMap('watched-1'));
      const first = await watch.event('ADDED watched-1');
      equal(nameIn(first), 'ADDED watched-1', 'first event');
      await watch.stop();
      // While nobody watches.
      await create(session, CONFIG_MAPS, configMap('watched-2'));
      await api(session, 'DELETE', `${CONFIG_MAPS}/watched-1`);
      const version = first.object.metadata.resourceVersion as string;
      const resumed = await Watch.start(session, `${WATCH}&resourceVersion=${version}`);
      equal(nameIn(await resumed.event('ADDED')), 'ADDED watched-2', 'first event after resuming');
      equal(nameIn(await resumed.event('DELETED')), 'DELETED watched-1', 'second event after resuming');
      await resumed.stop();
      await api(session, 'DELETE', `${CONFIG_MAPS}/watched-2`);
    },
  },
  {
    name: 'kube: a watch from long ago gets all that happened since, or 410 Gone',
    async run(session) {
      const watch = await Watch.start(session, `${WATCH}&resourceVersion=1`);
      const first = await watch.next('its first event');
      // A server that no longer has the history says so, by its answer or by the first event.
      const refusal = watch.status === 200 ? first?.object : first;
      if (refusal?.code === undefined) {
        const events: string[] = [];
        for (
          let event = first;
          !events.includes('DELETED watched-1');
          event = await watch.next('DELETED watched-1')
        ) {
          claim(event, `the watch ended after ${events.join(', ')}`);
          events.push(nameIn(event));
        }
        claim(events.includes('ADDED watched-1'), `the beginning is missing: ${events.join(', ')}`);
      } else equal([refusal.code, refusal.reason], [410, 'Expired'], `the answer (HTTP ${watch.status})`);
      await watch.stop();
    },
  },
  {
    name: 'kube: a watch from before a kind existed is told 410 Gone',
    async run(session) {
      // Where kinds can be defined: the history of a new one begins with it.
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      if ((await api(session, 'GET', definitions)).status === 404) return;
      await create(session, definitions, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.contract.test' },
        spec: {
          group: 'contract.test',
          names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
          scope: 'Cluster',
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
          ],
        },
      });
      const widgets = '/apis/contract.test/v1/widgets';
      const status = await eventually(async () => {
        const watch = await Watch.start(session, `${widgets}?watch=true&resourceVersion=1`);
        const first: any = await watch.next('410');
        await watch.stop();
        // Not served yet, not granted yet, or its cache is still being filled.
        if ([403, 404, 429].includes(watch.status)) return undefined;
        return watch.status === 200 ? first?.object : first;
      }, 'the new kind is served');
      equal([status.code, status.reason], [410, 'Expired'], 'a watch from revision 1');
      await api(session, 'DELETE', `${definitions}/widgets.contract.test`);
    },
  },
  {
    name: 'kube: aborting ends a watch; a request that is aborted before is not sent',
    async run(session) {
      const abort = new AbortController();
      const watch = await Watch.start(session, WATCH, abort.signal);
      await watch.event('an event of the present state');
      abort.abort(new Error('the case is over'));
      const ending = (async () => {
        while (await watch.next('the end'));
      })();
      await soon(
        ending.catch(() => {}),
        'the watch ends',
      );
      const signal = AbortSignal.abort(new Error('before'));
      const error = await rejection(
        session.kube.fetch({ method: 'GET', path: CONFIG_MAPS, headers: {}, signal }),
        'a request that was aborted before',
      );
      equal(error.message, 'before', 'reason');
    },
  },
  {
    name: 'kube: 30 watches and an exec at once',
    async run(session) {
      await servingPod(session, 'busy');
      const watches = await Promise.all(Array.from({ length: 30 }, () => Watch.start(session, WATCH)));
      const exec = await Exec.start(session, 'busy', ['cat'], { stdin: true });
      await exec.send(0, 'through all of them\n');
      await exec.until('through all of them');
      await create(session, CONFIG_MAPS, configMap('for-thirty'));
      // The other ten are never read: they must cost nobody anything.
      await Promise.all(
        watches.slice(0, 20).map(async (watch) => {
          while (nameIn(await watch.event('ADDED for-thirty')) !== 'ADDED for-thirty');
        }),
      );
      await exec.endStdin();
      equal((await exec.ended())?.status, 'Success', 'status of cat');
      await Promise.all(watches.map((watch) => watch.stop()));
      await api(session, 'DELETE', `${CONFIG_MAPS}/for-thirty`);
    },
  },
];
