/**
 * Scripts of checks on a real cluster: in the toolbox, in a copy of the workspace, with a service account
 * whose rights are a learner's in one namespace that lives as long as the script.
 */
import { randomBytes } from 'node:crypto';
import { MAX_SCRIPT_OUTPUT_CHARACTERS, type Scratch, type ScriptResult } from '../../runtimes/runtime.ts';
import { run, runOrThrow } from '../engine/exec.ts';
import type { Sandbox } from '../session/sandbox-maker.ts';
import { WORKSPACE } from './workspace.ts';

const ACCOUNT = 'check';
const KUBECTL = ['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'];

/** $1: seconds, $2: the script, $3: its namespace; the kubeconfig comes on stdin. */
const RUN = `
folder=$(mktemp -d) && cat > "$folder/kubeconfig" && cp -a ${WORKSPACE} "$folder/work" && cd "$folder/work" || exit 125
export KUBECONFIG="$folder/kubeconfig" NAMESPACE="$3"
timeout --kill-after=2 "$1" bash -c "$2" 2>&1 < /dev/null
code=$?
cd / && rm -rf "$folder"
exit $code`;

export class ToolboxScratch implements Scratch {
  #sandbox: () => Sandbox;

  constructor(sandbox: () => Sandbox) {
    this.#sandbox = sandbox;
  }

  async run(script: string, { timeoutSeconds }: { timeoutSeconds: number }): Promise<ScriptResult> {
    const { toolbox, controlPlane } = this.#sandbox();
    const namespace = `slipway-check-${randomBytes(4).toString('hex')}`;
    const kubectl = (...words: string[]) => runOrThrow(controlPlane, [...KUBECTL, '-n', namespace, ...words]);
    await runOrThrow(controlPlane, [...KUBECTL, 'apply', '-f', '-'], { input: manifestOf(namespace) });
    try {
      await kubectl('wait', '--for=create', 'serviceaccount/default', '--timeout=30s');
      const duration = `--duration=${Math.max(600, timeoutSeconds + 60)}s`;
      const token = (await kubectl('create', 'token', ACCOUNT, duration)).toString().trim();
      const kubeconfig = kubeconfigOf(this.#sandbox(), namespace, token);
      const { exitCode, stdout } = await run(
        toolbox,
        ['bash', '-c', RUN, 'bash', String(timeoutSeconds), script, namespace],
        { input: kubeconfig },
      );
      return { exitCode, output: stdout.toString().slice(0, MAX_SCRIPT_OUTPUT_CHARACTERS) };
    } finally {
      await kubectl('delete', 'namespace', namespace, '--wait=false');
    }
  }
}

/** The namespace, who acts in it, and the learner's rights for it there. JSON is YAML. */
function manifestOf(namespace: string): string {
  const metadata = { name: ACCOUNT, namespace };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'slipway:learner' },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace }],
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function kubeconfigOf({ learner, server }: Sandbox, namespace: string, token: string): string {
  const certificate = Buffer.from(learner.ca).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'slipway', cluster: { server, 'certificate-authority-data': certificate } }],
    users: [{ name: ACCOUNT, user: { token } }],
    contexts: [{ name: 'slipway', context: { cluster: 'slipway', user: ACCOUNT, namespace } }],
    'current-context': 'slipway',
  });
}
