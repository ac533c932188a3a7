/**
 * The mesh's own authority, as istiod has one: a root that signs itself, and for each workload a certificate whose
 * subject is empty and whose name is its SPIFFE ID, a URI. Root and key are kept in the Secret `istio-ca-secret`.
 * Unlike istiod's its keys are on P-256 (istiod's default is RSA; `ECC_SIGNATURE_ALGORITHM` is the other choice),
 * and requests are not sent as CSRs with a token: whoever asks is in this process, and its pod says who it is.
 */
import * as x509 from '../../core/x509.ts';
import type { Clock } from '../../core/clock.ts';
import { encode } from '../../core/bytes.ts';
import type { Random } from '../../core/random.ts';
import { sha256 } from '../../core/sha256.ts';
import { ALGORITHM, CRYPTO, Key } from './p256.ts';

/** As it is in a Secret. */
export interface StoredAuthority {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS#8. */
  key: string;
}

/** What a workload proves itself with. */
export interface WorkloadCertificate {
  /** SPIFFE ID. */
  identity: string;
  certificate: x509.X509Certificate;
  key: Key;
  /** SHA-256 of the certificate, hexadecimal. */
  hash: string;
}

export const TRUST_DOMAIN = 'cluster.local';

/** Who a service account is: `spiffe://cluster.local/ns/NAMESPACE/sa/NAME`. */
export const spiffeId = (namespace: string, serviceAccount: string): string =>
  `spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${serviceAccount}`;

const DAY_MS = 24 * 3600_000;
const ROOT_MS = 3650 * DAY_MS;
const WORKLOAD_MS = DAY_MS;
/** Those whose clock is a little behind accept it still. */
const SKEW_MS = 2 * 60_000;
/** Of its time left when a certificate is renewed. */
export const RENEW_AT = 0.5;
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** @peculiar/x509 knows the DOM's types; here the platform is `CRYPTO`. */
const engine = CRYPTO as unknown as Parameters<x509.X509Certificate['verify']>[1];
type SigningKey = Parameters<typeof x509.X509CertificateGenerator.create>[0] extends { signingKey: infer K }
  ? K
  : never;

export class CertificateAuthority {
  readonly root: x509.X509Certificate;
  readonly #key: Key;
  readonly #clock: Clock;
  readonly #random: Random;

  private constructor(clock: Clock, random: Random, root: x509.X509Certificate, key: Key) {
    this.#clock = clock;
    this.#random = random;
    this.root = root;
    this.#key = key;
  }

  /** An authority with a new key. */
  static async create(clock: Clock, random: Random): Promise<CertificateAuthority> {
    const key = Key.generate(random);
    const now = wholeSeconds(clock.now());
    const root = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(random),
        subject: `O=${TRUST_DOMAIN}`,
        issuer: `O=${TRUST_DOMAIN}`,
        notBefore: new Date(now - SKEW_MS),
        notAfter: new Date(now + ROOT_MS),
        publicKey: key.publicKey as Uint8Array<ArrayBuffer>,
        signingKey: key as unknown as SigningKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
          new x509.BasicConstraintsExtension(true, undefined, true),
        ],
      },
      engine,
    );
    return new CertificateAuthority(clock, random, root, key);
  }

  /** The one that was kept. Throws when what was kept is none. */
  static restore(clock: Clock, random: Random, { certificate, key }: StoredAuthority): CertificateAuthority {
    const der = new Uint8Array(x509.PemConverter.decodeFirst(key));
    return new CertificateAuthority(clock, random, new x509.X509Certificate(certificate), Key.fromPkcs8(der));
  }

  /** To keep. */
  get stored(): StoredAuthority {
    return {
      certificate: `${this.root.toString('pem')}\n`,
      key: `${x509.PemConverter.encode(this.#key.toPkcs8() as Uint8Array<ArrayBuffer>, 'PRIVATE KEY')}\n`,
    };
  }

  /** A certificate for `identity` with a key of its own, good for a day. */
  async issue(identity: string): Promise<WorkloadCertificate> {
    const key = Key.generate(this.#random);
    const now = wholeSeconds(this.#clock.now());
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(this.#random),
        issuer: this.root.subjectName,
        notBefore: new Date(now - SKEW_MS),
        notAfter: new Date(now + WORKLOAD_MS),
        publicKey: key.publicKey as Uint8Array<ArrayBuffer>,
        signingKey: this.#key as unknown as SigningKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
            true,
          ),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.SubjectAlternativeNameExtension([{ type: 'url', value: identity }], true),
        ],
      },
      engine,
    );
    return { identity, certificate, key, hash: sha256(new Uint8Array(certificate.rawData)) };
  }
}

/** Why a certificate is not believed. */
export class CertificateRejected extends Error {}

/**
 * The SPIFFE ID of a certificate that `root` signed, that is valid at `nowMs` and that names one of the trust
 * domain. Rejects with `CertificateRejected`.
 */
export async function verifiedIdentity(
  certificate: x509.X509Certificate,
  root: x509.X509Certificate,
  nowMs: number,
): Promise<string> {
  if (
    certificate.issuer !== root.subject ||
    !(await certificate.verify({ publicKey: root.publicKey, signatureOnly: true }, engine))
  )
    throw new CertificateRejected('certificate signed by unknown authority');
  for (const each of [certificate, root])
    if (nowMs < each.notBefore.getTime() || nowMs > each.notAfter.getTime())
      throw new CertificateRejected('certificate has expired or is not yet valid');
  const names = certificate.getExtension<x509.SubjectAlternativeNameExtension>(SUBJECT_ALTERNATIVE_NAME);
  const identity = names?.names.items.find(({ type }) => type === 'url')?.value;
  if (!identity?.startsWith(`spiffe://${TRUST_DOMAIN}/`))
    throw new CertificateRejected(`no SPIFFE ID of the trust domain ${TRUST_DOMAIN}`);
  return identity;
}

/** Bytes that both sides of a handshake sign. */
export const transcriptOf = (...parts: (string | Uint8Array)[]): Uint8Array =>
  encode(parts.map((part) => (typeof part === 'string' ? part : sha256(part))).join('\n'));

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

function serialNumber(random: Random): string {
  return `0${random.uuid().replaceAll('-', '').slice(1)}`;
}
