/**
 * Istio's images: `pilot` with istiod, `proxyv2` with the sidecar's agent and proxy. Their binaries are programs of
 * the add-on `mesh`, which is in the cluster's own process; without it they do not start.
 */
import { BUILT_MS, directory, file } from '../base-files.ts';
import { busyboxLayer } from '../busybox/busybox.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

/** The release that the mesh is modelled on. */
export const ISTIO_VERSION = '1.30.3';
const USER = '1337:1337';

function image(binary: string, config: { Cmd?: string[]; User: string }): Image {
  const entries = [
    directory('/usr/local'),
    directory('/usr/local/bin'),
    file(`/usr/local/bin/${binary}`, executable(binary), 0o755),
  ];
  return new Image(
    {
      Entrypoint: [`/usr/local/bin/${binary}`],
      Env: [`ISTIO_META_ISTIO_VERSION=${ISTIO_VERSION}`],
      ...config,
    },
    [busyboxLayer('1.37.0'), new Layer(entries, `COPY ${binary}-${ISTIO_VERSION} /usr/local/bin/`, BUILT_MS)],
  );
}

export const pilotTags = { [ISTIO_VERSION]: () => image('pilot-discovery', { User: USER }) };
export const proxyTags = { [ISTIO_VERSION]: () => image('pilot-agent', { User: USER }) };
