import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decode } from '../../core/bytes.ts';
import type { AddOn, AddOnStep } from './add-on.ts';
import { AddOnFiles, type AddOnFile } from './add-on-files.ts';

const MANIFEST = 'https://example.com/releases/v1/install.yaml';
const REPOSITORY = 'https://charts.example.com/stable';
const CHART = 'the archive of a chart';
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

let folder: string;
/** What is on the network. Nothing else is. */
let network: Record<string, string>;
let asked: string[];
let heard: AddOnFile[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-files-'));
  asked = [];
  heard = [];
  network = {
    [MANIFEST]: 'kind: Namespace',
    [`${REPOSITORY}/index.yaml`]: `entries:
  mesh:
    - {version: 2.0.0, urls: [mesh-2.0.0.tgz]}
    - {version: 1.0.0, urls: [mesh-1.0.0.tgz], digest: 'sha256:${hash(CHART)}'}
`,
    [`${REPOSITORY}/mesh-1.0.0.tgz`]: CHART,
  };
});
afterEach(() => rm(folder, { recursive: true }));

const files = () =>
  new AddOnFiles(folder, {
    fetch: async (url) => {
      asked.push(String(url));
      if (Object.keys(network).length === 0)
        throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND example.com') });
      const text = network[String(url)];
      return text === undefined ? new Response('no such file', { status: 404 }) : new Response(text);
    },
    onFile: (file) => heard.push(file),
  });

const addOn = (...steps: AddOnStep[]): AddOn => ({
  name: 'mesh',
  title: 'A mesh',
  version: 'v1',
  namespaces: [],
  steps,
});
const manifest: AddOnStep = { kind: 'manifest', url: MANIFEST };
const chart = (version: string): AddOnStep => ({
  kind: 'chart',
  repository: REPOSITORY,
  chart: 'mesh',
  version,
  release: 'mesh',
  namespace: 'mesh',
});

test('what was fetched once is there without a network', async () => {
  const steps = [manifest, chart('1.0.0')];
  const texts = async () =>
    [...(await files().fetch(addOn(...steps))).contents.values()].map((contents) => decode(contents));
  expect(await texts()).toEqual(['kind: Namespace', CHART]);
  expect(asked).toEqual([MANIFEST, `${REPOSITORY}/index.yaml`, `${REPOSITORY}/mesh-1.0.0.tgz`]);
  network = {};
  asked = [];
  expect(await texts()).toEqual(['kind: Namespace', CHART]);
  expect(asked).toEqual([]);
  const kept = heard.map(({ path }) => path.slice(folder.length));
  expect(new Set(kept)).toEqual(
    new Set([
      '/example.com/releases/v1/install.yaml',
      '/charts.example.com/stable/index.yaml',
      '/charts.example.com/stable/mesh-1.0.0.tgz',
    ]),
  );
  for (const { path, sha256 } of heard) expect(hash(await readFile(path, 'utf8'))).toBe(sha256);
});

test('a chart that is newer than the kept index is looked up again', async () => {
  await files().fetch(addOn(chart('1.0.0')));
  network[`${REPOSITORY}/index.yaml`] = 'entries: {mesh: [{version: 3.0.0, urls: [mesh-3.0.0.tgz]}]}';
  network[`${REPOSITORY}/mesh-3.0.0.tgz`] = 'three';
  const { contents } = await files().fetch(addOn(chart('3.0.0')));
  expect([...contents.values()].map((each) => decode(each))).toEqual(['three']);
});

test.each([
  {
    name: 'without a network',
    steps: [manifest],
    before: () => void (network = {}),
    says: `A mesh (v1) cannot be installed: ${MANIFEST} could not be fetched: getaddrinfo ENOTFOUND example.com\nWhere there is a network, “npx node sandbox/service/add-ons/fetch.ts mesh” fetches what it takes`,
  },
  {
    name: 'a file that is gone',
    steps: [manifest],
    before: () => void delete network[MANIFEST],
    says: `${MANIFEST} could not be fetched: the server answers 404`,
  },
  {
    name: 'other contents than were declared',
    steps: [{ ...manifest, sha256: hash('kind: Pod') } as AddOnStep],
    before: () => {},
    says: `${MANIFEST} is not what it was: its SHA-256 is ${hash('kind: Namespace')}, expected ${hash('kind: Pod')}`,
  },
  {
    name: 'another archive than the index has',
    steps: [chart('1.0.0')],
    before: () => void (network[`${REPOSITORY}/mesh-1.0.0.tgz`] = 'something else'),
    says: 'mesh-1.0.0.tgz is not what it was',
  },
  {
    name: 'a version that the repository does not have',
    steps: [chart('9.9.9')],
    before: () => {},
    says: `${REPOSITORY}/index.yaml has no chart mesh of version 9.9.9`,
  },
])('refused in words: $name', async ({ steps, before, says }) => {
  before();
  await expect(files().fetch(addOn(...steps))).rejects.toThrow(says);
});

test('a copy that is not what was declared is not believed', async () => {
  const known = { ...manifest, sha256: hash('kind: Namespace') } as AddOnStep;
  await files().fetch(addOn(known));
  await writeFile(join(folder, 'example.com/releases/v1/install.yaml'), 'kind: Pod');
  await expect(files().fetch(addOn(known))).rejects.toThrow('is not what it was');
});
