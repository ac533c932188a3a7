/** Reads the start of a session out of a request's body. Throws `StartInvalid` with every mistake. */
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import type { AddOn } from '../add-ons/add-on.ts';
import { ADD_ONS, addOnTrouble } from '../add-ons/add-ons.ts';

const MAX_NODES = 5;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ID = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/;

export function readExerciseStart(body: unknown, declared: readonly AddOn[] = ADD_ONS): ExerciseStart {
  const mistakes: string[] = [];
  const given = (body as { start?: unknown } | null)?.start;
  const start = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const expect = (key: string, met: boolean, expected: string) => {
    if (!met)
      mistakes.push(
        `start.${key}: expected ${expected}, received ${JSON.stringify(start[key])?.slice(0, 80)}`,
      );
  };
  const { id, version, files, manifests, namespace, nodes, addons = [] } = start;
  expect('id', typeof id === 'string' && id.length <= 200 && ID.test(id), 'chapter/exercise');
  expect('version', typeof version === 'string' && version.length <= 100, 'a text');
  expect(
    'files',
    typeof files === 'object' &&
      files !== null &&
      Object.values(files).every((contents) => typeof contents === 'string'),
    'texts by path',
  );
  expect(
    'manifests',
    Array.isArray(manifests) && manifests.every((manifest) => typeof manifest === 'string'),
    'a list of YAML texts',
  );
  expect('namespace', typeof namespace === 'string' && NAMESPACE.test(namespace), 'a name of a namespace');
  expect(
    'nodes',
    Number.isInteger(nodes) && (nodes as number) >= 1 && (nodes as number) <= MAX_NODES,
    `1 to ${MAX_NODES}`,
  );
  const named = Array.isArray(addons) && addons.every((name) => typeof name === 'string');
  const trouble = named ? addOnTrouble(addons, declared) : undefined;
  expect('addons', named && !trouble, trouble ? `add-ons that are offered (${trouble})` : 'a list of names');
  if (mistakes.length > 0) throw new StartInvalid(mistakes);
  const offered = (addons as string[]).length > 0 ? { addons } : {};
  return { id, version, files, manifests, namespace, nodes, ...offered } as ExerciseStart;
}

export class StartInvalid extends Error {
  constructor(mistakes: string[]) {
    super(mistakes.join('\n'));
    this.name = 'StartInvalid';
  }
}
