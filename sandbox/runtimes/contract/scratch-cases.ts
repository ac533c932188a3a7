/** Scripts of checks: what they may count on, and that the learner keeps what the learner has. */
import { decode, encode } from '../../core/bytes.ts';
import { CONFIG_MAPS, api } from './api.ts';
import { claim, equal } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { soon } from './patience.ts';

const SECONDS = { timeoutSeconds: 60 };

export const scratchCases: ContractCase[] = [
  {
    name: 'scratch: a script has the workspace, an empty namespace and an exit code',
    async run(session) {
      await session.files.write('scratch.txt', encode('as the learner left it'));
      const { exitCode, output } = await soon(
        session.scratch.run(
          'cat scratch.txt; echo; echo changed > scratch.txt; kubectl create configmap tried && kubectl get configmaps -n $NAMESPACE -o name | grep -c tried; kubectl get pods; exit 3',
          SECONDS,
        ),
        'the script',
      );
      equal(exitCode, 3, 'exit code');
      for (const part of ['as the learner left it', 'configmap/tried created', '\n1\n', 'No resources found'])
        claim(output.includes(part), `output: expected ${part}, received ${output}`);
      equal(decode(await session.files.read('scratch.txt')), 'as the learner left it', 'the workspace');
      equal((await api(session, 'GET', `${CONFIG_MAPS}/tried`)).status, 404, 'GET of the config map');
      await session.files.remove('scratch.txt');
    },
  },
  {
    name: 'scratch: a script that does not end is ended',
    async run(session) {
      const { exitCode } = await soon(
        session.scratch.run('sleep 1000', { timeoutSeconds: 1 }),
        'the script that sleeps',
      );
      equal(exitCode, 124, 'exit code');
    },
  },
];
