/**
 * Installs an add-on in a session's cluster with the administrator's credential, which stays where it is: kubectl and helm
 * run on the control plane's node. kubectl is there; helm is brought when there is a chart, as the toolbox has it.
 * After each step what has come of it has to be ready, since the next may need its webhooks.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { AdminClient } from '../cluster/admin-client.ts';
import { run } from '../engine/exec.ts';
import { archiveOf } from '../engine/image-build.ts';
import { clientTool } from '../toolbox/toolbox-image.ts';
import type { AddOn, AddOnStep, ChartStep } from './add-on.ts';
import type { FetchedAddOn } from './add-on-files.ts';
import {
  crashes,
  imageTroubles,
  unready,
  type AddOnState,
  type PodObject,
  type Workload,
} from './readiness.ts';

export interface AddOnTarget {
  controlPlane: Docker.Container;
  client: AdminClient;
}

export interface InstallOptions {
  signal: AbortSignal;
  /** Hears what is done, in words for people. */
  onStep: (step: string) => void;
  /** How long one step may take until what it brought is ready. */
  readyTimeoutMs?: number;
  /** How long an image may fail to be pulled, from the first failure. A registry may have had a bad moment. */
  pullTimeoutMs?: number;
}

const READY_TIMEOUT_MS = 300_000;
const PULL_TIMEOUT_MS = 30_000;
const POLL_MS = 500;

const ADMIN = '--kubeconfig=/etc/kubernetes/admin.conf';
/** Folder of the node for what is brought there. */
const FOLDER = '/opt/slipway';
const HELM = `${FOLDER}/helm`;

/** A definition that is not served yet, or a webhook whose pods are not up: in a moment it may work. */
const PASSING =
  /no matches for kind|ensure CRDs are installed first|the server could not find the requested resource|failed calling webhook|connection refused|namespaces? "[^"]*" not found|object has been modified/;

/** Throws `AddOnFailed`. */
export async function installAddOn(
  { addOn, contents }: FetchedAddOn,
  target: AddOnTarget,
  options: InstallOptions,
): Promise<void> {
  const { controlPlane } = target;
  options.onStep(`Installing ${addOn.title} (${addOn.version})`);
  for (const step of addOn.steps) {
    const deadline = Date.now() + (options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    const command = commandOf(step);
    if (step.kind === 'chart') {
      await bringHelm(controlPlane);
      await bring(controlPlane, chartFileOf(step), 0o644, contents.get(step)!);
    }
    const input = step.kind === 'manifest' ? { input: contents.get(step)! } : {};
    for (;;) {
      options.signal.throwIfAborted();
      const { exitCode, stderr, stdout } = await run(controlPlane, command, input);
      if (exitCode === 0) break;
      const said = (stderr || stdout.toString()).trim();
      if (!PASSING.test(said) || Date.now() > deadline)
        throw new AddOnFailed(addOn, `${command.slice(0, 3).join(' ')} says:\n${said.slice(-1500)}`);
      await delay(POLL_MS, undefined, { signal: options.signal });
    }
    await waitUntilReady(addOn, target, deadline, options);
  }
}

/** As `commandsOf` has it, without `--wait`: who waits here sees at once that an image cannot be had. */
function commandOf(step: AddOnStep): string[] {
  switch (step.kind) {
    case 'manifest':
      return ['kubectl', 'apply', ADMIN, '--server-side', '--force-conflicts', '-f', '-'];
    case 'patch': {
      const { object, namespace, patch } = step;
      const change = ['--type=merge', `--patch=${JSON.stringify(patch)}`];
      return ['kubectl', 'patch', object, ADMIN, `--namespace=${namespace}`, ...change];
    }
    case 'chart': {
      const { release, namespace, values = {} } = step;
      const settings = Object.entries(values).map(([key, value]) => `--set=${key}=${value}`);
      const where = [ADMIN, `--namespace=${namespace}`, '--create-namespace'];
      return [HELM, 'upgrade', release, `${FOLDER}/${chartFileOf(step)}`, '--install', ...where, ...settings];
    }
  }
}

const chartFileOf = ({ release }: ChartStep) => `${release}.tgz`;

async function bringHelm(node: Docker.Container): Promise<void> {
  const { exitCode } = await run(node, ['test', '-x', HELM]);
  if (exitCode !== 0) await bring(node, 'helm', 0o755, await clientTool('helm'));
}

async function bring(
  node: Docker.Container,
  name: string,
  mode: number,
  contents: Uint8Array,
): Promise<void> {
  const file = { path: `${FOLDER}/${name}`.slice(1), mode, contents };
  await node.putArchive(archiveOf([file]), { path: '/' });
}

async function waitUntilReady(
  addOn: AddOn,
  { client }: AddOnTarget,
  deadline: number,
  { signal, pullTimeoutMs = PULL_TIMEOUT_MS }: InstallOptions,
): Promise<void> {
  /** When an image was first seen not to be pulled, by its name. */
  const failing = new Map<string, number>();
  for (;;) {
    const state = await stateOf(addOn, client);
    const waiting = unready(state);
    if (waiting.length === 0) return;
    const troubles = imageTroubles(state);
    for (const image of failing.keys())
      if (!troubles.some((each) => each.image === image)) failing.delete(image);
    for (const { image, why, hopeless } of troubles) {
      const since = failing.get(image) ?? Date.now();
      failing.set(image, since);
      if (hopeless || Date.now() - since >= pullTimeoutMs)
        throw new AddOnFailed(
          addOn,
          `the image ${image} cannot be pulled: ${why}\nTry again where the registry can be reached, or with a node image that has it (SLIPWAY_KIND_IMAGE).`,
        );
    }
    if (Date.now() > deadline)
      throw new AddOnFailed(addOn, `it does not become ready: ${[...waiting, ...crashes(state)].join(', ')}`);
    await delay(POLL_MS, undefined, { signal });
  }
}

interface List<T> {
  items: T[];
}

async function stateOf({ namespaces }: AddOn, client: AdminClient): Promise<AddOnState> {
  const items = async <T>(path: string) => (await client.get<List<T>>(path))?.items ?? [];
  const inEach = async <T>(group: string, resource: string) =>
    (await Promise.all(namespaces.map((name) => items<T>(`${group}/namespaces/${name}/${resource}`)))).flat();
  const apps = '/apis/apps/v1';
  const [definitions, deployments, statefulSets, daemonSets, pods] = await Promise.all([
    items<Workload>('/apis/apiextensions.k8s.io/v1/customresourcedefinitions'),
    inEach<Workload>(apps, 'deployments'),
    inEach<Workload>(apps, 'statefulsets'),
    inEach<Workload>(apps, 'daemonsets'),
    inEach<PodObject>('/api/v1', 'pods'),
  ]);
  return { definitions, deployments, statefulSets, daemonSets, pods };
}

/** An add-on that could not be installed: which, and why in words for people. */
export class AddOnFailed extends Error {
  constructor({ title, version }: AddOn, why: string) {
    super(`${title} (${version}) could not be installed: ${why}`);
    this.name = 'AddOnFailed';
  }
}
