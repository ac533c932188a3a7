import { expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { jsonResponse, type HttpOrigin } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { completions } from './completions.ts';

const resource = (name: string, singular: string, shortNames: string[]) => ({
  resource: name,
  singularResource: singular,
  shortNames,
  scope: 'Namespaced',
  verbs: ['get', 'list'],
});

const ANSWERS: Record<string, unknown> = {
  '/api': {
    items: [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [resource('pods', 'pod', ['po']), resource('services', 'service', ['svc'])],
          },
        ],
      },
    ],
  },
  '/apis': { items: [] },
  '/api/v1/namespaces/default/pods': {
    items: [{ metadata: { name: 'web-1' } }, { metadata: { name: 'db-1' } }],
  },
  '/api/v1/namespaces/other/pods': { items: [{ metadata: { name: 'far' } }] },
  '/api/v1/namespaces': { items: [{ metadata: { name: 'default' } }, { metadata: { name: 'other' } }] },
  '/api/v1/namespaces/default/pods/web-1': {
    spec: { containers: [{ name: 'main' }], initContainers: [{ name: 'setup' }] },
  },
};

const kube: HttpOrigin = {
  fetch: ({ path }) => {
    const answer = ANSWERS[path.split('?')[0]!];
    return Promise.resolve(answer ? jsonResponse(200, answer) : jsonResponse(404, {}));
  },
  connect: () => Promise.reject(new Error('not here')),
};

const clock = new ManualClock();
const machine = new Machine({
  hostname: 'learner',
  files: new MemoryFileSystem({ clock }),
  clock,
  random: new Random(1),
  kube,
  findProgram: () => undefined,
  programNames: () => [],
});

for (const [line, want] of [
  ['kubectl desc', ['describe']],
  ['kubectl rollout re', ['restart', 'resume']],
  ['kubectl get p', ['pods']],
  ['kubectl get pods ', ['db-1', 'web-1']],
  ['kubectl get po w', ['web-1']],
  ['kubectl get pods -n other ', ['far']],
  ['kubectl delete pod/w', ['pod/web-1']],
  ['kubectl logs w', ['web-1']],
  ['kubectl logs web-1 -c ', ['main', 'setup']],
  ['kubectl get pods -n o', ['other']],
  ['kubectl get pods --all-n', ['--all-namespaces']],
  ['kubectl get pods -o js', ['json', 'jsonpath=']],
  ['kubectl nonsense', []],
] as const)
  test(line, async () => {
    const words = line.split(' ');
    expect(await completions(words, words.length - 1, machine)).toEqual(want);
  });
