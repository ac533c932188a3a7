/**
 * The images that come with the product, by repository and tag, and the programs in them. A new image is a
 * folder that exports `tags`, and a line here. A tag names a function that makes the image, or another tag.
 */
import { loadOnce } from '../../core/load-once.ts';
import type { Program } from '../../os/machine.ts';
import type { ProgramTable } from './executable.ts';
import type { Image } from './image.ts';
import { registryUnknown, repositoryDenied, tagNotFound, type ImageSource } from './image-store.ts';
import { nameOfReference, type ImageReference } from './reference.ts';
import { tags as busybox } from './busybox/busybox.ts';
import { tags as catalogue } from './catalogue/catalogue.ts';
import { tags as hdfs } from './hdfs/hdfs.ts';
import { tags as functionRuntime } from './function/function.ts';
import { tags as hey } from './hey/hey.ts';
import { tags as httpfs } from './httpfs/httpfs.ts';
import { ISTIO_VERSION, pilotTags, proxyTags } from './istio/istio.ts';
import { tags as jaeger } from './jaeger/jaeger.ts';
import { tags as mehdb } from './mehdb/mehdb.ts';
import { tags as netshoot } from './netshoot/netshoot.ts';
import { tags as nginx } from './nginx/nginx.ts';
import { tags as node } from './node/node.ts';
import { tags as pause } from './pause/pause.ts';
import { tags as queueProxy } from './queue-proxy/queue-proxy.ts';
import { tags as prometheus } from './prometheus/prometheus.ts';
import { tags as registry } from './registry/registry.ts';
import { tags as simpleservice } from './simpleservice/simpleservice.ts';
import { tags as stockCon } from './stock-con/stock-con.ts';
import { tags as stockGen } from './stock-gen/stock-gen.ts';

type Tags = Readonly<Record<string, string | (() => Image)>>;

const REPOSITORIES: Readonly<Record<string, Tags>> = {
  'docker.io/istio/pilot': pilotTags,
  'docker.io/istio/proxyv2': proxyTags,
  'docker.io/jaegertracing/jaeger': jaeger,
  'docker.io/library/busybox': busybox,
  'docker.io/library/catalogue': catalogue,
  'docker.io/library/function': functionRuntime,
  'docker.io/library/hdfs': hdfs,
  'docker.io/library/hey': hey,
  'docker.io/library/httpfs': httpfs,
  'docker.io/library/mehdb': mehdb,
  'docker.io/library/nginx': nginx,
  'docker.io/library/node': node,
  'docker.io/library/registry': registry,
  'docker.io/library/simpleservice': simpleservice,
  'docker.io/library/stock-con': stockCon,
  'docker.io/library/stock-gen': stockGen,
  'docker.io/nicolaka/netshoot': netshoot,
  'docker.io/prom/prometheus': prometheus,
  'gcr.io/knative-releases/knative.dev/serving/cmd/queue': queueProxy,
  'registry.k8s.io/pause': pause,
};

const LOADERS: [string, () => Promise<Program>][] = [
  ['busybox', async () => (await import('./busybox/applets.ts')).program],
  ['catalogue', async () => (await import('./catalogue/catalogue.ts')).program],
  ['curl', async () => (await import('../../shell/commands/curl/curl.ts')).program],
  ['dig', async () => (await import('../../shell/commands/dig/dig.ts')).program],
  ['hdfs', async () => (await import('./hdfs/hdfs.ts')).program],
  ['hey', async () => (await import('../../shell/commands/hey/hey.ts')).program],
  ['httpfs', async () => (await import('./httpfs/httpfs.ts')).program],
  ['jaeger', async () => (await import('./jaeger/program.ts')).program],
  ['mehdb', async () => (await import('./mehdb/mehdb.ts')).program],
  ['nginx', async () => (await import('./nginx/program.ts')).program],
  ['nginx-entrypoint', async () => (await import('./nginx/entrypoint.ts')).program],
  ['node', async () => (await import('./node/program.ts')).program],
  ['pause', async () => (await import('./pause/pause.ts')).program],
  ['queue-proxy', async () => (await import('./queue-proxy/program.ts')).program],
  ['prometheus', async () => (await import('./prometheus/program.ts')).program],
  ['promtool', async () => (await import('./prometheus/promtool.ts')).program],
  ['registry', async () => (await import('./registry/program.ts')).program],
  ['simpleservice', async () => (await import('./simpleservice/simpleservice.ts')).program],
  ['tc', async () => (await import('../../shell/commands/tc/tc.ts')).program],
  ['stock-con', async () => (await import('./stock-con/stock-con.ts')).program],
  ['stock-gen', async () => (await import('./stock-gen/stock-gen.ts')).program],
];

/** Programs by the name in their binaries, loaded when first run. */
export const PROGRAMS: ProgramTable = new Map(LOADERS.map(([name, load]) => [name, loadOnce(load)]));

/** Registries that exist without serving anything we have. */
const KNOWN_REGISTRIES = ['docker.io', 'registry.k8s.io', 'ghcr.io', 'quay.io', 'gcr.io'];

/** Answers pulls from the table. */
export class BuiltInRegistry implements ImageSource {
  readonly #nameServer: string;
  readonly #made = new Map<() => Image, Image>();

  /** @param nameServer whom a node asks for names; it is named when a registry's is unknown. */
  constructor(nameServer = '172.18.0.1') {
    this.#nameServer = nameServer;
  }

  /** The image of a tag that is here, or undefined. */
  find(repository: string, tag: string): Image | undefined {
    const tags = REPOSITORIES[repository];
    let entry = tags && Object.hasOwn(tags, tag) ? tags[tag] : undefined;
    while (typeof entry === 'string') entry = tags![entry];
    if (!entry) return undefined;
    let image = this.#made.get(entry);
    if (!image) this.#made.set(entry, (image = entry()));
    return image;
  }

  async resolve(reference: ImageReference): Promise<Image> {
    const repository = nameOfReference(reference);
    const tags = REPOSITORIES[repository];
    if (!tags) {
      if (KNOWN_REGISTRIES.includes(reference.registry)) throw repositoryDenied(reference);
      throw registryUnknown(reference, this.#nameServer);
    }
    const { digest, tag } = reference;
    const image = digest
      ? Object.keys(tags)
          .map((name) => this.find(repository, name)!)
          .find((candidate) => candidate.digest === digest)
      : this.find(repository, tag!);
    if (!image) throw tagNotFound(reference);
    return image;
  }
}

export const IMAGE_REGISTRY = new BuiltInRegistry();

/** What a node has from the start, as a kind node does: nothing that a lesson pulls on purpose. */
export const PRELOADED_IMAGES: ReadonlyMap<string, Image> = new Map([
  ['registry.k8s.io/pause:3.10.1', IMAGE_REGISTRY.find('registry.k8s.io/pause', '3.10.1')!],
  ['docker.io/library/busybox:1', IMAGE_REGISTRY.find('docker.io/library/busybox', '1')!],
]);

/** … and besides where the add-on `mesh` is installed. */
export const MESH_IMAGES: ReadonlyMap<string, Image> = new Map(
  ['pilot', 'proxyv2'].map((name) => [
    `docker.io/istio/${name}:${ISTIO_VERSION}`,
    IMAGE_REGISTRY.find(`docker.io/istio/${name}`, ISTIO_VERSION)!,
  ]),
);
