/** Who a proxy is: the workload in front of which it stands, and the certificate that it proves that with. */
import type { X509Certificate } from '../../core/x509.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Pod } from '../client/kinds.ts';
import { RENEW_AT, type CertificateAuthority, type WorkloadCertificate } from './certificate-authority.ts';
import type { Discovery } from './discovery.ts';
import type { TlsContext } from './mutual-tls.ts';
import { workloadOf, type Workload } from './workload.ts';

export interface ProxyIdentityOptions {
  clock: Clock;
  random: Random;
  discovery: Discovery;
  authority: CertificateAuthority;
  /** The pod as it is when the proxy starts. */
  pod: Pod;
  address: string;
}

export class ProxyIdentity implements TlsContext {
  readonly random: Random;
  readonly root: X509Certificate;
  readonly #options: ProxyIdentityOptions;
  #workload: Workload;
  #generation = -1;
  #certificate: Promise<WorkloadCertificate> | undefined;
  #renewMs = 0;

  constructor(options: ProxyIdentityOptions) {
    this.#options = options;
    this.random = options.random;
    this.root = options.authority.root;
    this.#workload = { ...workloadOf(options.pod), address: options.address };
  }

  nowMs(): number {
    return this.#options.clock.now();
  }

  /** Labels can change. */
  get workload(): Workload {
    const { discovery, pod, address } = this.#options;
    if (this.#generation !== discovery.generation) {
      this.#generation = discovery.generation;
      const now = discovery.pod(pod.metadata.namespace!, pod.metadata.name!);
      if (now) this.#workload = { ...workloadOf(now), address };
    }
    return this.#workload;
  }

  /** A new one when half of the time of the last is over. */
  certificate(): Promise<WorkloadCertificate> {
    const now = this.nowMs();
    if (!this.#certificate || now >= this.#renewMs) {
      this.#renewMs = Infinity;
      this.#certificate = this.#options.authority.issue(this.workload.identity).then((issued) => {
        const { notAfter } = issued.certificate;
        this.#renewMs = now + (notAfter.getTime() - now) * RENEW_AT;
        return issued;
      });
    }
    return this.#certificate;
  }
}
