/** A cluster behind HTTPS, with a kubeconfig for its administrator. */
import { Worker } from 'node:worker_threads';
import { RealClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { threadWorker, WorkerBatchTools } from '../../shell/batch.ts';
import { StatusError } from '../api/status.ts';
import { Cluster } from '../cluster.ts';
import { createCertificates } from './certificates.ts';
import { HttpsFront } from './https-front.ts';
import { kubeconfigOf } from './kubeconfig.ts';

export interface ServeOptions {
  /** 0 takes a free one. */
  port: number;
  host: string;
  nodes: number;
  /** What is installed besides, as `exercise.yaml` names it: `gateway`, `mesh`, … */
  addons?: readonly string[];
  /** Of names, addresses and timings; another one each time unless given. */
  seed?: number;
}

export interface ServedCluster {
  kubeconfig: string;
  port: number;
  close(): Promise<void>;
}

const ANONYMOUS = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

export async function serveCluster({
  port,
  host,
  nodes,
  addons,
  seed,
}: ServeOptions): Promise<ServedCluster> {
  const certificates = await createCertificates([
    host,
    'localhost',
    '127.0.0.1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '10.96.0.1',
  ]);
  const batch = new WorkerBatchTools(() =>
    threadWorker(new Worker(new URL('./batch-tool-thread.ts', import.meta.url))),
  );
  const cluster = new Cluster({
    clock: new RealClock(),
    random: new Random(seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!),
    nodes,
    addons,
    rootCertificate: certificates.authority,
    sign: certificates.sign,
    batch,
  });
  const { api } = cluster;
  const front = new HttpsFront({
    certificates,
    origin(user, { authorization }) {
      if (user) return api.origin(user);
      const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return api.origin(ANONYMOUS);
      const bearer = api.tokens.authenticate(token);
      return bearer ? api.origin(bearer) : { refused: new StatusError('Unauthorized', 'Unauthorized') };
    },
  });
  const listening = await front.listen(port, host).catch((error: unknown) => {
    cluster.dispose();
    throw error;
  });
  await cluster.ready;
  return {
    port: listening,
    kubeconfig: kubeconfigOf({
      name: 'slipway',
      server: `https://${host === '0.0.0.0' ? '127.0.0.1' : host}:${listening}`,
      authority: certificates.authority,
      user: certificates.administrator,
    }),
    async close() {
      cluster.dispose();
      await front.close();
    },
  };
}
