/** A cluster behind HTTPS, with a kubeconfig for its administrator. */
import { RealClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { ControlPlane } from '../control-plane.ts';
import { createCertificates } from './certificates.ts';
import { HttpsFront } from './https-front.ts';
import { kubeconfigOf } from './kubeconfig.ts';

export interface ServeOptions {
  /** 0 takes a free one. */
  port: number;
  host: string;
  nodes: number;
  /** Of names, addresses and timings; another one each time unless given. */
  seed?: number;
}

export interface ServedCluster {
  kubeconfig: string;
  port: number;
  close(): Promise<void>;
}

const ANONYMOUS = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

export async function serveCluster({ port, host, seed }: ServeOptions): Promise<ServedCluster> {
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
  const controlPlane = new ControlPlane({
    clock: new RealClock(),
    random: new Random(seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!),
    hostname: 'slipway-control-plane',
  });
  const front = new HttpsFront({
    certificates,
    origin: (user) => controlPlane.api.origin(user ?? ANONYMOUS),
  });
  const listening = await front.listen(port, host);
  controlPlane.start();
  return {
    port: listening,
    kubeconfig: kubeconfigOf({
      name: 'slipway',
      server: `https://${host === '0.0.0.0' ? '127.0.0.1' : host}:${listening}`,
      authority: certificates.authority,
      user: certificates.administrator,
    }),
    async close() {
      controlPlane.dispose();
      await front.close();
    },
  };
}
