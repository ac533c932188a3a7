/**
 * `pilot-discovery`, istiod's program: it answers the API server's question what to make of a new pod
 * (`/inject`), says that it is ready, and has metrics of its own. What proxies are told is `discovery.ts`: they ask in
 * this process, so no xDS is spoken, and what an istiod that is down would not tell them they learn all the same.
 */
import { toBase64 } from '../../core/base64.ts';
import { decode, encode, EMPTY } from '../../core/bytes.ts';
import { DisposableStore } from '../../core/disposable.ts';
import { jsonResponse, textResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import type { Program } from '../../os/machine.ts';
import type { Pod } from '../client/kinds.ts';
import { ISTIO_VERSION } from '../images/istio/istio.ts';
import { injection } from './injection.ts';
import type { Mesh } from './mesh.ts';

export const WEBHOOK_PORT = 15017;
export const READY_PORT = 8080;
export const MONITORING_PORT = 15014;
const MEMORY_BYTES = 64 * 1024 ** 2;

export const istiod =
  (mesh: Mesh): Program =>
  async (process) => {
    const { network, clock } = process.machine;
    if (process.argv[1] !== 'discovery') {
      await process.printError(
        `Error: unknown command "${process.argv[1] ?? ''}" for "pilot-discovery": discovery is known here\n`,
      );
      return 255;
    }
    process.allocate(MEMORY_BYTES);
    if (!network) throw new Errno('ENETUNREACH');
    const resources = new DisposableStore();
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
    });
    const log = (message: string) =>
      process.print(`${new Date(clock.now()).toISOString().replace('Z', '000Z')}\tinfo\t${message}\n`);
    try {
      resources.add(
        network.listen(WEBHOOK_PORT, async (request) => {
          const [name, response] = inject(request);
          await log(`sidecar.inject\tSidecar injection request for ${name}`);
          return response;
        }),
      );
      resources.add(network.listen(READY_PORT, async () => textResponse(200, '')));
      resources.add(network.listen(MONITORING_PORT, async () => textResponse(200, metrics())));
      await log(`initializing Istiod version ${ISTIO_VERSION}`);
      await log('Starting Istiod Server with primary cluster Kubernetes');
      resources.add(mesh.controlPlaneUp());
      await process.wait(stopped);
      await log('Shutting down Istiod');
      return 0;
    } finally {
      resources.dispose();
    }
  };

const metrics = (): string =>
  `# HELP istio_build Istio component build info\n# TYPE istio_build gauge\nistio_build{component="pilot",tag="${ISTIO_VERSION}"} 1\n`;

interface Review {
  request: { uid: string; namespace?: string; object: Pod };
}

/** The name of the pod, and the answer to an AdmissionReview about it. */
function inject({ path, body }: HttpRequest): [string, HttpResponse] {
  if (!path.startsWith('/inject')) return ['', textResponse(404, '404 page not found\n')];
  const { request } = JSON.parse(decode(body ?? EMPTY)) as Review;
  const { uid, namespace = '', object } = request;
  const patch = injection(object, namespace);
  const response = {
    uid,
    allowed: true,
    ...(patch.length > 0 ? { patchType: 'JSONPatch', patch: toBase64(encode(JSON.stringify(patch))) } : {}),
  };
  const { name, generateName } = object.metadata;
  return [
    `${namespace}/${name ?? `${generateName}***** (actual name not yet known)`}`,
    jsonResponse(200, { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }),
  ];
}
