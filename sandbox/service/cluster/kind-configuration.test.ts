import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { stepOf } from './kind-command.ts';
import { kindConfiguration } from './kind-configuration.ts';

const parse = (base: string | undefined, nodes: number) =>
  load(kindConfiguration(base, nodes, '/policies')) as any;

test('without a base: the nodes that are wanted, the policies in the control plane alone', () => {
  const { nodes, kubeadmConfigPatches } = parse(undefined, 3);
  expect(nodes).toEqual([
    {
      role: 'control-plane',
      extraMounts: [{ hostPath: '/policies', containerPath: '/etc/slipway', readOnly: true }],
    },
    { role: 'worker' },
    { role: 'worker' },
  ]);
  expect((load(kubeadmConfigPatches[0]) as any).apiServer.extraArgs).toMatchObject({
    'audit-policy-file': '/etc/slipway/audit-policy.yaml',
    'admission-control-config-file': '/etc/slipway/admission.yaml',
  });
});

test('what the operator wrote stays', () => {
  const { nodes, kubeadmConfigPatches, networking } = parse(
    `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking: {disableDefaultCNI: true}
nodes:
  - role: control-plane
    image: mine
    extraMounts: [{hostPath: /a, containerPath: /b}]
  - role: worker
kubeadmConfigPatches:
  - "kind: KubeletConfiguration"
`,
    1,
  );
  expect(networking).toEqual({ disableDefaultCNI: true });
  expect(nodes).toHaveLength(2);
  expect(nodes[0].image).toBe('mine');
  expect(nodes[0].extraMounts).toHaveLength(2);
  expect(kubeadmConfigPatches[0]).toBe('kind: KubeletConfiguration');
});

test('with add-ons the authorizers come from a file, without them from kubeadm', () => {
  const argumentsOf = (authorizes: boolean) => {
    const { kubeadmConfigPatches } = load(kindConfiguration(undefined, 1, '/policies', authorizes)) as any;
    return (load(kubeadmConfigPatches[0]) as any).apiServer.extraArgs['authorization-config'];
  };
  expect([argumentsOf(true), argumentsOf(false)]).toEqual(['/etc/slipway/authorization.yaml', undefined]);
});

test.each(['kind: Pod', 'just text', 'kind: Cluster'])('%s is no configuration of kind', (base) => {
  expect(() => kindConfiguration(base, 1, '/policies')).toThrow('SLIPWAY_KIND_CONFIG: expected');
});

test.each([
  {
    line: ' • Ensuring node image (kindest/node:v1.35.4) 🖼️  ...',
    want: 'Ensuring node image (kindest/node:v1.35.4)',
  },
  { line: ' • Starting control-plane 🕹️  ...', want: 'Starting control-plane' },
  { line: ' • Installing CNI 🔌  ...', want: 'Installing CNI' },
  { line: ' ✓ Installing CNI 🔌', want: undefined },
  { line: 'Creating cluster "x" ...', want: undefined },
  { line: 'WARNING: Here be dragons! This is not supported currently.', want: undefined },
])('kind says “$line”: step $want', ({ line, want }) => {
  expect(stepOf(line)).toBe(want);
});
