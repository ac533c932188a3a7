/**
 * Makes and removes what a session consists of on the engine. Made in this order: the network, which carries
 * the session's labels and so marks everything that comes after as owned; cluster and toolbox side by side;
 * the learner's rights; the exercise's add-ons; its start; last a mark in the cluster that says it is complete.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import type { AddOn } from '../add-ons/add-on.ts';
import { ADD_ONS } from '../add-ons/add-ons.ts';
import { START_REFUSAL } from '../cluster/add-on-guard.ts';
import { AdminClient } from '../cluster/admin-client.ts';
import { controlPlaneFolder } from '../cluster/control-plane-files.ts';
import { HttpsOrigin } from '../cluster/https-origin.ts';
import { clusterKubeconfig, createCluster, deleteCluster, loadImages } from '../cluster/kind-command.ts';
import { tidy, type Inventory } from '../cluster/inventory.ts';
import { kindConfiguration, MOUNT } from '../cluster/kind-configuration.ts';
import { readKubeconfig, writeKubeconfig, type Kubeconfig } from '../cluster/kubeconfig.ts';
import { LEARNER, learnerRights, LEARNERS_GROUP } from '../cluster/learner-rights.ts';
import { buildCourseImages, courseImagesIn } from '../course-images/course-images.ts';
import { isGone } from '../engine/engine.ts';
import { runOrThrow } from '../engine/exec.ts';
import { idOfName, KIND_CLUSTER_LABEL, nameOf, toLabels, type SessionIdentity } from '../engine/labels.ts';
import type { Settings } from '../settings.ts';
import { toolboxImage } from '../toolbox/toolbox-image.ts';
import { Terminal } from '../toolbox/terminal.ts';
import { createToolbox, installKubeconfig, removeContainer, toolboxOf } from '../toolbox/toolbox.ts';
import { inside, WORKSPACE } from '../toolbox/workspace.ts';
import { SessionAddOns } from './session-add-ons.ts';

/** What a session uses while it lives. */
export interface Sandbox {
  toolbox: Docker.Container;
  controlPlane: Docker.Container;
  /** The container of a node by the node's name. */
  node: (name: string) => Docker.Container;
  /** The API server's address inside the session's network. */
  server: string;
  learner: Kubeconfig;
  admin: Kubeconfig;
  /** What was in the cluster before the exercise. */
  inventory: Inventory;
  /** Names of the course's images that are known to be on its nodes. */
  courseImages: readonly string[];
  /** Epoch ms: what the cluster's audit log has from before is of an earlier life of the session. */
  sinceMs: number;
}

/**
 * Applies stdin with $0 as the context's namespace. Not as `--namespace`, which would refuse manifests that
 * name another one.
 */
const APPLY = `
config=$(mktemp) && cp /etc/kubernetes/admin.conf "$config" && export KUBECONFIG="$config" &&
kubectl config set-context --current --namespace="$0" >/dev/null && kubectl apply -f -
code=$?
rm -f "$config"
exit $code`;

/** Gives images of a node their names there: old and new ones in pairs. */
const RENAME = `
while [ $# -gt 0 ]; do
  ctr --namespace=k8s.io images tag --force "$1" "$2" || exit
  shift 2
done`;

/** Where the mark of a complete session is. */
const MARK = { name: 'slipway', namespace: 'kube-system' };
const MARK_PATH = `/api/v1/namespaces/${MARK.namespace}/configmaps/${MARK.name}`;

/** kind's own patience with a control plane is four minutes; an engine that hangs has none. */
const CREATE_TIMEOUT_MS = 300_000;

/** CoreDNS takes about ten seconds after its node is up, and minutes where the machine is busy. */
const READY_TIMEOUT_MS = 240_000;
const POLL_MS = 300;

interface Condition {
  what: string;
  met(client: AdminClient): Promise<boolean>;
}

/** Pods cannot be made before. */
const serviceAccountIn = (namespace: string): Condition => ({
  what: `the default service account of ${namespace}`,
  met: async (client) =>
    (await client.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`)) !== undefined,
});

/** The node is up before cluster DNS answers and before pods can have a service account. */
const CLUSTER_READY: readonly Condition[] = [
  serviceAccountIn('default'),
  {
    what: 'cluster DNS',
    async met(client) {
      const coredns = await client.get<{ status?: { conditions?: { type: string; status: string }[] } }>(
        '/apis/apps/v1/namespaces/kube-system/deployments/coredns',
      );
      return coredns?.status?.conditions?.some((c) => c.type === 'Available' && c.status === 'True') ?? false;
    },
  },
];

export class SandboxMaker {
  #engine: Docker;
  #settings: Settings;
  #addOns: readonly AddOn[];

  /** @param addOns those that sessions may have; who may ask for which is not decided here. */
  constructor(engine: Docker, settings: Settings, addOns: readonly AddOn[] = ADD_ONS) {
    this.#engine = engine;
    this.#settings = settings;
    this.#addOns = addOns;
  }

  async make(
    identity: SessionIdentity,
    signal: AbortSignal,
    onStep: (step: string) => void,
  ): Promise<Sandbox> {
    const { id, start } = identity;
    // Paths are checked before anything is made for them.
    Object.keys(start.files).forEach(inside);
    const [declared, folder] = [this.#addOns, this.#settings.addOnsFolder];
    const addOns = await SessionAddOns.fetch(start, { declared, folder, onStep });
    onStep('Preparing the network');
    await this.#engine.createNetwork({ Name: nameOf(id), Labels: toLabels(identity), CheckDuplicate: true });
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal, AbortSignal.timeout(CREATE_TIMEOUT_MS)]);
    const giveUp = (error: unknown) => {
      failed.abort(error);
      throw error;
    };
    const [toolbox, admin] = await settle(
      this.#makeToolbox(identity, onStep, either).catch(giveUp),
      this.#makeCluster(identity, addOns.namespaces, onStep, either).catch(giveUp),
    );
    signal.throwIfAborted();
    const node = (name: string) => this.#engine.getContainer(name);
    const controlPlane = node(`${nameOf(id)}-control-plane`);
    const origin = new HttpsOrigin(admin);
    try {
      const client = new AdminClient(origin);
      onStep('Granting the learner’s rights');
      await this.#limitNodes(id);
      for (const manifest of learnerRights(addOns.namespaces, addOns.openServices))
        await client.apply(manifest);
      if (addOns.namespaces.length > 0) await runOrThrow(controlPlane, ['bash', '-c', START_REFUSAL, MOUNT]);
      // A node that has joined needs them no more, and with them somebody could become a node.
      await client.delete(
        '/api/v1/namespaces/kube-system/secrets?fieldSelector=type=bootstrap.kubernetes.io/token',
      );
      const learner = await this.#learnerCredential(controlPlane, admin.server);
      onStep('Waiting for cluster DNS');
      const courseImages = courseImagesIn(start);
      await settle(
        this.#until(client, CLUSTER_READY, signal),
        this.#loadCourseImages(id, courseImages, onStep),
      );
      const empty = { controlPlane, node, server: serverOf(id), learner, admin };
      const inventory = await addOns.install(client, empty, signal);
      const cluster = { ...empty, inventory, courseImages };
      return await this.#furnish(identity, { ...cluster, toolbox, sinceMs: 0 }, client, signal, onStep);
    } finally {
      origin.dispose();
    }
  }

  /**
   * The sandbox as a new one would be for this start: the same cluster with what has come since taken out, and a
   * new toolbox. Undefined when that cannot be, and a new one has to be made.
   */
  async renew(
    identity: SessionIdentity,
    sandbox: Sandbox,
    signal: AbortSignal,
    onStep: (step: string) => void,
  ): Promise<Sandbox | undefined> {
    const origin = new HttpsOrigin(sandbox.admin);
    try {
      const client = new AdminClient(origin);
      onStep('Tidying up the cluster');
      await client.delete(MARK_PATH);
      await removeContainer(sandbox.toolbox);
      const [toolbox, tidied] = await settle(
        this.#makeToolbox(identity, onStep, signal),
        tidy(client, sandbox.inventory, signal),
      );
      if (!tidied) return undefined;
      const wanted = courseImagesIn(identity.start);
      const missing = wanted.filter((name) => !sandbox.courseImages.includes(name));
      await this.#loadCourseImages(identity.id, missing, onStep);
      const courseImages = [...sandbox.courseImages, ...missing];
      const empty = { ...sandbox, toolbox, courseImages, sinceMs: Date.now() };
      return await this.#furnish(identity, empty, client, signal, onStep);
    } finally {
      origin.dispose();
    }
  }

  /** What makes a cluster and a toolbox those of an exercise. */
  async #furnish(
    identity: SessionIdentity,
    sandbox: Sandbox,
    client: AdminClient,
    signal: AbortSignal,
    onStep: (step: string) => void,
  ): Promise<Sandbox> {
    const { id, start } = identity;
    const { toolbox, learner, inventory, sinceMs } = sandbox;
    onStep('Preparing the exercise');
    await this.#makeNamespace(client, start.namespace, signal);
    await this.#prepare(start, sandbox);
    await installKubeconfig(toolbox, this.#toolboxKubeconfig(id, learner, start.namespace));
    const data = { session: id, since: String(sinceMs), inventory: JSON.stringify(inventory) };
    await client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: MARK, data });
    return sandbox;
  }

  /** The sandbox of a session that an earlier life of the service has made; undefined when it is not whole. */
  async find(id: string): Promise<Sandbox | undefined> {
    const toolbox = toolboxOf(this.#engine, id);
    const node = (name: string) => this.#engine.getContainer(name);
    const controlPlane = node(`${nameOf(id)}-control-plane`);
    try {
      const states = await Promise.all([toolbox.inspect(), controlPlane.inspect()]);
      if (!states.every(({ State }) => State.Running)) return undefined;
      const admin = readKubeconfig(await clusterKubeconfig(this.#settings, nameOf(id)));
      const origin = new HttpsOrigin(admin);
      let mark: { data: { session: string; since: string; inventory: string } } | undefined;
      try {
        mark = await new AdminClient(origin).get(MARK_PATH);
      } finally {
        origin.dispose();
      }
      if (mark?.data.session !== id) return undefined;
      await Terminal.hangUpAll(toolbox);
      const learner = await this.#learnerCredential(controlPlane, admin.server);
      const inventory = JSON.parse(mark.data.inventory) as Inventory;
      const sinceMs = Number(mark.data.since);
      const server = serverOf(id);
      return { toolbox, controlPlane, node, server, learner, admin, inventory, courseImages: [], sinceMs };
    } catch {
      return undefined;
    }
  }

  /** Removes all there is of a session, in whatever state. What is gone already is no error. */
  async remove(id: string): Promise<void> {
    await removeContainer(toolboxOf(this.#engine, id));
    await deleteCluster(this.#settings, nameOf(id));
    // A toolbox that was being created while the session was given up.
    await removeContainer(toolboxOf(this.#engine, id));
    try {
      await this.#engine.getNetwork(nameOf(id)).remove();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async #makeToolbox(
    identity: SessionIdentity,
    onStep: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Docker.Container> {
    const image = this.#settings.toolboxImage ?? (await toolboxImage(this.#engine, onStep));
    signal.throwIfAborted();
    return createToolbox(this.#engine, identity, image, this.#settings.limits);
  }

  async #makeCluster(
    { id, start }: SessionIdentity,
    addOnNamespaces: readonly string[],
    onStep: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Kubeconfig> {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-'));
    try {
      const base = this.#settings.kindConfig && (await readFile(this.#settings.kindConfig, 'utf8'));
      const configuration = join(folder, 'kind.yaml');
      const kubeconfig = join(folder, 'kubeconfig');
      const files = await controlPlaneFolder(
        addOnNamespaces,
        join(this.#settings.addOnsFolder, 'control-plane'),
      );
      const authorizes = addOnNamespaces.length > 0;
      await writeFile(configuration, kindConfiguration(base, start.nodes, files, authorizes));
      const name = nameOf(id);
      await createCluster(this.#settings, { name, network: name, configuration, kubeconfig, onStep, signal });
      return readKubeconfig(await readFile(kubeconfig, 'utf8'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #loadCourseImages(
    id: string,
    names: readonly string[],
    onStep: (step: string) => void,
  ): Promise<void> {
    if (names.length === 0) return;
    const images = await buildCourseImages(this.#engine, names);
    onStep(`Loading the images ${names.join(', ')}`);
    const engineNames = images.map(({ engineName }) => engineName);
    await loadImages(this.#settings, nameOf(id), engineNames);
    const renamings = images.flatMap(({ engineName, nodeNames }) =>
      nodeNames.flatMap((nodeName) => [`docker.io/${engineName}`, nodeName]),
    );
    for (const node of await this.#nodes(id))
      await runOrThrow(node, ['sh', '-c', RENAME, 'sh', ...renamings]);
  }

  async #nodes(id: string): Promise<Docker.Container[]> {
    const nodes = await this.#engine.listContainers({
      all: true,
      filters: { label: [`${KIND_CLUSTER_LABEL}=${nameOf(id)}`] },
    });
    return nodes.map(({ Id }) => this.#engine.getContainer(Id));
  }

  /** kind has no flag for it. */
  async #limitNodes(id: string): Promise<void> {
    const { nodeMemoryMiB, nodeCpus, nodePids } = this.#settings.limits;
    for (const node of await this.#nodes(id)) {
      await node.update({
        Memory: nodeMemoryMiB * 2 ** 20,
        MemorySwap: nodeMemoryMiB * 2 ** 20,
        NanoCpus: nodeCpus * 1e9,
        PidsLimit: nodePids,
      });
    }
  }

  /** A client certificate of the cluster's own authority, made where its key is. Valid as long as a session can be. */
  async #learnerCredential(controlPlane: Docker.Container, server: string): Promise<Kubeconfig> {
    const hours = Math.ceil(this.#settings.limits.sessionMinutes / 60) + 1;
    const command = ['kubeadm', 'kubeconfig', 'user', '--client-name', LEARNER, '--org', LEARNERS_GROUP];
    const yaml = await runOrThrow(controlPlane, [
      ...command,
      '--validity-period',
      `${hours}h`,
      '--config',
      '/kind/kubeadm.conf',
    ]);
    return { ...readKubeconfig(yaml.toString()), server };
  }

  /** Inside the session's network the control plane goes by its container's name. */
  #toolboxKubeconfig(id: string, learner: Kubeconfig, namespace: string): string {
    return writeKubeconfig({ ...learner, server: serverOf(id) }, { user: LEARNER, namespace });
  }

  async #makeNamespace(client: AdminClient, name: string, signal: AbortSignal): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    if (!(await client.get(path))) {
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    await this.#until(client, [serviceAccountIn(name)], signal);
  }

  /** Waits for each in turn. */
  async #until(client: AdminClient, conditions: readonly Condition[], signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    for (const { what, met } of conditions) {
      while (!(await met(client))) {
        signal.throwIfAborted();
        if (Date.now() > deadline)
          throw new Error(`${what} did not become ready in ${READY_TIMEOUT_MS / 1000} s`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  async #prepare(
    { manifests, namespace, files }: ExerciseStart,
    { toolbox, controlPlane }: Sandbox,
  ): Promise<void> {
    for (const manifest of manifests) {
      // kubectl, so that the learner's own `kubectl apply` finds what it expects of an applied object.
      await runOrThrow(controlPlane, ['sh', '-c', APPLY, namespace], { input: manifest });
    }
    for (const [path, contents] of Object.entries(files)) {
      await runOrThrow(
        toolbox,
        ['sh', '-c', 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"', 'sh', inside(path)],
        {
          input: contents,
          workingDirectory: WORKSPACE,
        },
      );
    }
  }

  /** Sessions that left anything on the engine, whoever made it: by networks, containers and cluster names. */
  async traces(): Promise<{ id: string; labels: Record<string, string> | undefined }[]> {
    const [networks, containers] = await Promise.all([
      this.#engine.listNetworks({ filters: { name: ['slipway-'] } }),
      this.#engine.listContainers({ all: true, filters: { name: ['slipway-'] } }),
    ]);
    const found = new Map<string, Record<string, string> | undefined>();
    const add = (name: string | undefined, labels?: Record<string, string>) => {
      const id = name === undefined ? undefined : idOfName(name);
      if (id !== undefined && !found.get(id)) found.set(id, labels);
    };
    for (const { Name, Labels } of networks) add(Name, Labels);
    for (const { Labels } of containers) {
      add(Labels[KIND_CLUSTER_LABEL]);
      if (Labels['slipway.session']) add(nameOf(Labels['slipway.session']), Labels);
    }
    return [...found].map(([id, labels]) => ({ id, labels }));
  }
}

const serverOf = (id: string) => `https://${nameOf(id)}-control-plane:6443`;

/** `Promise.all` that waits for the others too when one fails, so that nothing is made behind a removal's back. */
async function settle<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}
