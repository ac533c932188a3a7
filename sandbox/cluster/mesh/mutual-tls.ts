/**
 * A mutual handshake, as TLS 1.3 has it but for the key exchange: each side sends its certificate and signs what
 * was said so far, and each checks the other's chain, time and name. Nothing is encrypted afterwards, since nothing
 * leaves this process; what a connection carries is who is at its ends.
 */
import type { X509Certificate } from '../../core/x509.ts';
import type { Random } from '../../core/random.ts';
import { sha256 } from '../../core/sha256.ts';
import {
  CertificateRejected,
  transcriptOf,
  verifiedIdentity,
  type WorkloadCertificate,
} from './certificate-authority.ts';
import { verifySignature } from './p256.ts';

/** One side's means. */
export interface TlsContext {
  certificate(): Promise<WorkloadCertificate>;
  root: X509Certificate;
  random: Random;
  nowMs(): number;
}

/** What a client begins with. */
export class ClientHello {
  readonly nonce: string;
  /** Takes the server's part and gives the client's; rejects when the client does not believe the server. */
  readonly answer: (server: ServerHello) => Promise<ClientProof>;

  constructor(nonce: string, answer: (server: ServerHello) => Promise<ClientProof>) {
    this.nonce = nonce;
    this.answer = answer;
  }
}

interface ServerHello {
  nonce: string;
  certificate: X509Certificate;
  signature: Uint8Array;
}

interface ClientProof {
  certificate: X509Certificate;
  signature: Uint8Array;
}

/** A connection of which both ends know who the other is. */
export interface MutualConnection {
  clientIdentity: string;
  serverIdentity: string;
  /** SHA-256 of the client's certificate. */
  clientHash: string;
  /** The server has ended it. */
  closed: boolean;
}

/**
 * The client's offer; the server accepts it with `accept`.
 * @param expected SPIFFE IDs that the server may have; anything else is somebody who stands in its place
 */
export function offer(context: TlsContext, expected: (identity: string) => boolean): ClientHello {
  const nonce = context.random.uuid();
  return new ClientHello(nonce, async (server) => {
    const identity = await verifiedIdentity(server.certificate, context.root, context.nowMs());
    const said = transcriptOf('server', nonce, server.nonce, raw(server.certificate));
    if (!verifySignature(publicKey(server.certificate), said, server.signature))
      throw new CertificateRejected('the server does not have the key of its certificate');
    if (!expected(identity)) throw new CertificateRejected(`${identity} is not who the endpoint should be`);
    const { certificate, key } = await context.certificate();
    const signature = key.sign(transcriptOf('client', nonce, server.nonce, raw(certificate)));
    return { certificate, signature };
  });
}

/** The server's side. Rejects with `CertificateRejected` when either side does not believe the other. */
export async function accept(context: TlsContext, hello: ClientHello): Promise<MutualConnection> {
  const nonce = context.random.uuid();
  const own = await context.certificate();
  const signature = own.key.sign(transcriptOf('server', hello.nonce, nonce, raw(own.certificate)));
  const client = await hello.answer({ nonce, certificate: own.certificate, signature });
  const clientIdentity = await verifiedIdentity(client.certificate, context.root, context.nowMs());
  const said = transcriptOf('client', hello.nonce, nonce, raw(client.certificate));
  if (!verifySignature(publicKey(client.certificate), said, client.signature))
    throw new CertificateRejected('the client does not have the key of its certificate');
  return {
    clientIdentity,
    serverIdentity: own.identity,
    clientHash: hashOf(client.certificate),
    closed: false,
  };
}

const raw = (certificate: X509Certificate): Uint8Array => new Uint8Array(certificate.rawData);
const publicKey = (certificate: X509Certificate): Uint8Array => new Uint8Array(certificate.publicKey.rawData);
const hashOf = (certificate: X509Certificate): string => sha256(raw(certificate));
