/** Our kubectl against the embedded cluster, in process and on a clock that runs as fast as it can. */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../sandbox/core/clock.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import { program } from '../../sandbox/shell/commands/kubectl/kubectl.ts';
import { differences } from './compare.ts';
import { TerminalMachine } from './terminal-machine.ts';
import { prepareNamespace, readTranscripts, replay, type Shell } from './transcript.ts';

const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Moves the clock until the promise is settled. */
async function drive<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => (settled = true));
  done.catch(() => {});
  while (!settled) await clock.advance(100);
  return done;
}

describe('transcripts, in process', () => {
  for (const recorded of readTranscripts())
    test(recorded.name, { timeout: 60_000 }, async () => {
      const clock = new ManualClock();
      const cluster = new Cluster({ clock, random: new Random(1), nodes: 1 });
      try {
        await drive(clock, cluster.ready);
        const machine = new TerminalMachine(cluster.origin(ADMIN), program, clock);
        machine.write('.kube/config', kubeconfig(recorded.name));
        const run = (argv: string[]) => drive(clock, machine.run(argv));
        const shell: Shell = { write: (path, text) => machine.write(path, text), run };
        await prepareNamespace(shell, recorded.name);
        expect(differences(recorded, await replay(recorded, shell), 'in-process')).toEqual([]);
      } finally {
        cluster.dispose();
      }
    });
});

const kubeconfig = (namespace: string) => `apiVersion: v1
kind: Config
clusters:
- name: slipway
  cluster: {server: https://127.0.0.1:6443}
contexts:
- name: slipway
  context: {cluster: slipway, user: learner, namespace: ${namespace}}
users:
- name: learner
  user: {}
current-context: slipway
`;
