/** Our kubectl against the embedded cluster, in process and on a clock that runs as fast as it can. */
import { ManualClock } from '../../sandbox/core/clock.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import { program } from '../../sandbox/shell/commands/kubectl/kubectl.ts';
import { findCommand } from '../../sandbox/shell/commands/registry.ts';
import { TerminalMachine } from './terminal-machine.ts';
import { prepareNamespace, replay, type Shell, type Transcript } from './transcript.ts';

const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Programs are loaded when they are first run, in real time for which the manual clock does not wait. */
const loaded = Promise.all([
  import('../../sandbox/cluster/images/busybox/applets.ts'),
  ...['sh', 'echo', 'sleep', 'cat', 'date', 'true'].map((name) => findCommand(name)),
]);

/** Moves the clock until the promise is settled. */
async function drive<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => (settled = true));
  done.catch(() => {});
  while (!settled) await clock.advance(100);
  return done;
}

/** Runs the transcript on a cluster of its own, in a namespace of its name. */
export async function replayInProcess(recorded: Transcript): Promise<Transcript> {
  await loaded;
  const clock = new ManualClock();
  const cluster = new Cluster({ clock, random: new Random(1), nodes: 1 });
  try {
    await drive(clock, cluster.ready);
    const machine = new TerminalMachine(cluster.origin(ADMIN), program, clock);
    machine.write('.kube/config', kubeconfig(recorded.name));
    const run = (argv: string[]) => drive(clock, machine.run(argv));
    const shell: Shell = { write: (path, text) => machine.write(path, text), run };
    await prepareNamespace(shell, recorded.name);
    return await replay(recorded, shell);
  } finally {
    cluster.dispose();
  }
}

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
