/** Follows in the cluster the objects that a file's manifests name, and gives them as the same file would say them. */
import { Client } from '../../../../sandbox/cluster/client/client.ts';
import { HttpTransport } from '../../../../sandbox/cluster/client/http-transport.ts';
import { Informer } from '../../../../sandbox/cluster/client/informer.ts';
import { RealClock } from '../../../../sandbox/core/clock.ts';
import { DisposableStore, type Disposable } from '../../../../sandbox/core/disposable.ts';
import type { HttpOrigin } from '../../../../sandbox/core/http.ts';
import type { ApiSchemas } from './api-schemas.ts';
import { heldManifest } from './held-manifest.ts';
import { parseManifests, type Manifest } from './manifest.ts';

/** A list that stands deeper than its field. */
const LIST_INDENTED = /\n( *)[^\s#-][^\n]*:[^\S\n]*\n\1 +- /;

interface Held {
  manifest: Manifest;
  /** Undefined where the cluster serves no such kind. */
  informer: Informer | undefined;
}

/** Calls `show` with the text now and whenever one of the objects changes. */
export function followHeld(
  text: string,
  { kube, schemas, namespace }: { kube: HttpOrigin; schemas: ApiSchemas; namespace: string },
  show: (held: string) => void,
): Disposable {
  const owned = new DisposableStore();
  const client = new Client(new HttpTransport(kube, { 'user-agent': 'slipway-editor' }), {
    user: { username: '', groups: [] },
  });
  const listsIndented = LIST_INDENTED.test(`\n${text}`);
  void (async () => {
    const found: Held[] = [];
    for (const manifest of parseManifests(text).manifests) {
      if (manifest.document.contents === null) continue;
      found.push({ manifest, informer: await informerOf(manifest) });
    }
    if (owned.disposed) return;
    const draw = () => {
      if (!owned.disposed) show(found.map(textOf).join('---\n'));
    };
    for (const { informer } of found) {
      informer?.addHandler({ add: draw, update: draw, delete: draw });
      if (informer) owned.add(informer.start());
    }
    await Promise.all(found.map(({ informer }) => informer?.synced));
    draw();
  })();
  return owned;

  async function informerOf({ apiVersion, kind, name, namespace: own }: Manifest) {
    if (!apiVersion || !kind || !name) return undefined;
    const resource = (await schemas.resources(apiVersion)).find((one) => one.kind === kind);
    if (!resource) return undefined;
    const [version, group = ''] = apiVersion.split('/').reverse();
    return new Informer(
      client,
      new RealClock(),
      { group, version: version!, resource: resource.name, kind, namespaced: resource.namespaced },
      {
        scope: {
          fieldSelector: `metadata.name=${name}`,
          ...(resource.namespaced ? { namespace: own ?? namespace } : {}),
        },
      },
    );
  }

  function textOf({ manifest, informer }: Held): string {
    const [object] = informer?.list() ?? [];
    if (object) return heldManifest(object, manifest.document.toJS(), listsIndented);
    const what = [manifest.kind, manifest.name].filter(Boolean).join(' ') || 'this document';
    return `# The cluster does not hold ${what}.\n`;
  }
}
