import { decode, encode } from '../../core/bytes.ts';
import { api, CONFIG_MAPS, configMap, create, Exec, Watch } from './api.ts';
import { claim, ClaimFailed, equal, rejection } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually, soon } from './patience.ts';
import { TerminalDriver } from './terminal-driver.ts';

/** Making a real cluster anew is the longest that anything takes. */
const RESET_MS = 200_000;

export const lifeCases: ContractCase[] = [
  {
    name: 'reset: cluster and files are as at the start',
    async run(session) {
      await create(session, CONFIG_MAPS, configMap('made-by-the-learner'));
      await api(session, 'DELETE', `${CONFIG_MAPS}/from-the-start`);
      await session.files.write('made-by-the-learner.txt', encode('x'));
      await session.files.write('hello.txt', encode('changed'));
      await session.files.remove('manifests/settings.yaml');
      const phases: string[] = [];
      let message = '';
      const following = session.onStatus((status) => {
        phases.push(status.phase);
        message = status.message;
      });
      await soon(session.reset(), 'reset', RESET_MS).catch((error: unknown) => {
        throw new ClaimFailed(`${String(error)}; the last status was “${message}”`);
      });
      await eventually(
        () => (phases.at(-1) === 'ready' ? true : undefined),
        'the status is ready',
        () => phases,
      );
      claim(phases.includes('resetting'), `phases during reset: ${phases.join(', ')}`);
      following.dispose();
      equal((await api(session, 'GET', `${CONFIG_MAPS}/made-by-the-learner`)).status, 404, 'what was made');
      equal((await api(session, 'GET', `${CONFIG_MAPS}/from-the-start`)).status, 200, 'what was deleted');
      equal(
        decode(await session.files.read('hello.txt')),
        'Hello from the start\n',
        'a file that was changed',
      );
      const paths = (await session.files.list()).map(({ path }) => path);
      equal(paths.sort(), ['hello.txt', 'manifests/settings.yaml'], 'files');
      const terminal = await TerminalDriver.open(session);
      const { output } = await terminal.run('kubectl get configmap from-the-start -o name; cat hello.txt');
      equal(output, 'configmap/from-the-start\nHello from the start\n', 'a shell after reset');
    },
  },
  {
    name: 'close: ends everything that is open, twice as well as once',
    async run(session) {
      const watch = await Watch.start(session, `${CONFIG_MAPS}?watch=true`);
      const coming = (async () => {
        while (await watch.next('the end'));
      })().catch(() => {});
      const terminal = await TerminalDriver.open(session);
      await terminal.run('true');
      const phases: string[] = [];
      session.onStatus(({ phase }) => phases.push(phase));
      await soon(session.close(), 'close');
      await session.close();
      await soon(coming, 'the watch ends');
      equal(session.status.phase, 'closed', 'phase');
      equal(phases.at(-1), 'closed', 'the last phase that was told');
      const request = { method: 'GET', path: CONFIG_MAPS, headers: {} };
      await soon(rejection(session.kube.fetch(request), 'a request after close'), 'a request after close');
      await soon(rejection(session.files.list(), 'files after close'), 'files after close');
      await soon(rejection(Exec.start(session, 'busy', ['ls']), 'exec after close'), 'exec after close');
    },
  },
];
