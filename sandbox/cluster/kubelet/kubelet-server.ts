/**
 * The kubelet's HTTP server on port 10250 (pkg/kubelet/server): health, metrics, stats and pods. The API server's
 * `nodes/proxy` is let in; anybody else has to show a token that may do it, which the API is asked about.
 * Left out: TLS (connections of this network carry HTTP alone), logs and exec, which the API server hands over
 * without HTTP (`node-connections.ts`), profiling, probes' own metrics.
 */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { encode } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Client } from '../client/client.ts';
import type { ResourceType } from '../client/resources.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import {
  cadvisorMetrics,
  kubeletMetrics,
  resourceMetrics,
  type KubeletMetricsSource,
} from './kubelet-metrics.ts';
import type { NodeUsage } from './node-usage.ts';
import type { PodWorker } from './pod-worker.ts';
import { statsSummary } from './stats-summary.ts';

export const KUBELET_PORT = 10250;

const TOKEN_REVIEWS: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};
const SUBJECT_ACCESS_REVIEWS: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

export interface KubeletServerInit {
  nodeName: string;
  clock: Clock;
  client: Client;
  host: NetworkStack;
  usage: NodeUsage;
  workers(): Iterable<PodWorker>;
}

const TEXT = 'text/plain; charset=utf-8';
const METRICS = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';
const JSON_TYPE = 'application/json';

type Page = (source: KubeletMetricsSource) => [type: string, body: string];

const PAGES: Readonly<Record<string, Page>> = {
  '/healthz': () => [TEXT, 'ok'],
  '/metrics': (source) => [METRICS, kubeletMetrics(source)],
  '/metrics/cadvisor': (source) => [METRICS, cadvisorMetrics(source)],
  '/metrics/resource': (source) => [METRICS, resourceMetrics(source)],
  '/pods': ({ workers }) => [JSON_TYPE, JSON.stringify(podList(workers))],
  '/runningpods/': ({ workers }) => [
    JSON_TYPE,
    JSON.stringify(podList(workers.filter(({ records }) => records.some(({ running }) => running)))),
  ],
  '/stats/summary': (source) => [JSON_TYPE, JSON.stringify(statsSummary(source), undefined, 1)],
};

export class KubeletServer implements Disposable {
  readonly #init: KubeletServerInit;
  readonly #listening: Disposable;

  constructor(init: KubeletServerInit) {
    this.#init = init;
    this.#listening = init.host.listen(KUBELET_PORT, (request) => this.#authorized(request));
  }

  /** Answers somebody who may ask. */
  answer({ method, path }: HttpRequest): HttpResponse {
    const { pathname } = new URL(path, 'http://kubelet');
    const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined;
    if (!page) return textAnswer(404, '404 page not found\n');
    if (method !== 'GET' && method !== 'HEAD') return textAnswer(405, '405: Method Not Allowed');
    const { nodeName, clock, usage, workers } = this.#init;
    const [type, body] = page({ nodeName, nowMs: clock.now(), usage, workers: [...workers()] });
    return { status: 200, headers: { 'content-type': type }, body: encode(body) };
  }

  dispose(): void {
    this.#listening.dispose();
  }

  async #authorized(request: HttpRequest): Promise<HttpResponse> {
    const token = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
    if (token === undefined) return textAnswer(401, 'Unauthorized');
    const { client, nodeName } = this.#init;
    const review = await client.create(TOKEN_REVIEWS, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    });
    if (!review.status?.authenticated) return textAnswer(401, 'Unauthorized');
    const { username, uid, groups, extra } = review.status.user;
    const subresource = subresourceOf(request.path);
    const access = await client.create(SUBJECT_ACCESS_REVIEWS, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: username,
        uid,
        groups,
        extra,
        resourceAttributes: { verb: 'get', version: 'v1', resource: 'nodes', subresource, name: nodeName },
      },
    });
    if (access.status?.allowed) return this.answer(request);
    return textAnswer(
      403,
      `Forbidden (user=${username}, verb=get, resource=nodes, subresource(s)=[${subresource}])`,
    );
  }
}

/** `getSubresourcesFor…` of pkg/kubelet/server/auth.go, without the finer ones. */
function subresourceOf(path: string): string {
  if (path.startsWith('/stats')) return 'stats';
  if (path.startsWith('/metrics')) return 'metrics';
  return 'proxy';
}

const podList = (workers: readonly PodWorker[]) => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: {},
  items: workers.map(({ pod }) => pod),
});

const textAnswer = (status: number, text: string): HttpResponse => ({
  status,
  headers: { 'content-type': TEXT },
  body: encode(text),
});
