/** The certificates of a served cluster: an authority of its own, the server's, and the administrator's. */
import type { webcrypto } from 'node:crypto';
import * as x509 from '../../core/x509.ts';
import type { SignCertificate } from '../controllers/certificates/certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  'client auth': x509.ExtendedKeyUsage.clientAuth,
  'server auth': x509.ExtendedKeyUsage.serverAuth,
};
const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Clients whose clock is a little behind still accept a certificate made just now. */
const SKEW_MS = 5 * 60 * 1000;

export interface KeyPair {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS#8. */
  key: string;
}

export interface ClusterCertificates {
  /** PEM of the authority's certificate. */
  authority: string;
  server: KeyPair;
  /** `kubernetes-admin` of `system:masters`. */
  administrator: KeyPair;
  /** Signs a PEM request with the authority's key. Rejects what its own key has not signed. */
  sign: SignCertificate;
}

/** `names` are host names and addresses under which the server is reached. */
export async function createCertificates(names: string[]): Promise<ClusterCertificates> {
  const validity = { notBefore: new Date(Date.now() - SKEW_MS), notAfter: new Date(Date.now() + YEAR_MS) };
  const authorityKeys = await generateKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubernetes',
    keys: authorityKeys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const issue = async (subject: string, usage: string, extensions: x509.Extension[]): Promise<KeyPair> => {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: authority.subject,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...extensions,
      ],
    });
    return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
  };
  const alternatives = names.map((name) => ({
    type: /^[\d.]+$|:/.test(name) ? ('ip' as const) : ('dns' as const),
    value: name,
  }));
  const sign: SignCertificate = async (pem, { usages, expirationSeconds }) => {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) throw new Error('unable to verify the signature of the request');
    const notAfter = new Date(Date.now() + (expirationSeconds ? expirationSeconds * 1000 : YEAR_MS));
    const extended = usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
    const alternatives = request.getExtension(SUBJECT_ALTERNATIVE_NAME);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: request.subjectName,
      issuer: authority.subjectName,
      publicKey: request.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: validity.notBefore,
      notAfter,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        ),
        ...(extended.length > 0 ? [new x509.ExtendedKeyUsageExtension(extended)] : []),
        ...(alternatives ? [alternatives] : []),
      ],
    });
    return `${certificate.toString('pem')}\n`;
  };
  return {
    sign,
    authority: authority.toString('pem'),
    server: await issue('CN=kube-apiserver', x509.ExtendedKeyUsage.serverAuth, [
      new x509.SubjectAlternativeNameExtension(alternatives),
    ]),
    administrator: await issue('CN=kubernetes-admin, O=system:masters', x509.ExtendedKeyUsage.clientAuth, []),
  };
}

/** Object identifier of the extension; a request's extensions are found by nothing else. */
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

const generateKeys = () =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
