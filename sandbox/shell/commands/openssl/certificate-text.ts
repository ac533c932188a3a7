/** `-text` of certificates and requests, and fingerprints, as OpenSSL 3.0 prints them. */
import type * as x509 from '../../../core/x509.ts';
import { Sha1, Sha256 } from '../digest.ts';
import { children, element, type Element } from './der.ts';

const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.3.101.112': 'ED25519',
};

const CURVES: Readonly<Record<string, [name: string, nist: string, bits: number]>> = {
  '1.2.840.10045.3.1.7': ['prime256v1', 'P-256', 256],
  '1.3.132.0.34': ['secp384r1', 'P-384', 384],
  '1.3.132.0.35': ['secp521r1', 'P-521', 521],
};

const EXTENSIONS: Readonly<Record<string, string>> = {
  '2.5.29.14': 'Subject Key Identifier',
  '2.5.29.15': 'Key Usage',
  '2.5.29.17': 'Subject Alternative Name',
  '2.5.29.19': 'Basic Constraints',
  '2.5.29.35': 'Authority Key Identifier',
  '2.5.29.37': 'Extended Key Usage',
};

const USAGES = [
  'Digital Signature',
  'Non Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Sign',
  'CRL Sign',
  'Encipher Only',
  'Decipher Only',
];

const PURPOSES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
  '1.3.6.1.5.5.7.3.3': 'Code Signing',
  '1.3.6.1.5.5.7.3.4': 'E-mail Protection',
  '1.3.6.1.5.5.7.3.8': 'Time Stamping',
  '1.3.6.1.5.5.7.3.9': 'OCSP Signing',
};

/** Kinds of general names by their tag. */
const NAMES: Readonly<Record<number, string>> = {
  0x81: 'email',
  0x82: 'DNS',
  0x86: 'URI',
  0x87: 'IP Address',
};

const digits = (bytes: Uint8Array): string[] => [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));

/** Pairs of digits with colons, `count` in a line. */
function block(bytes: Uint8Array, indent: number, count: number): string {
  const pairs = digits(bytes);
  let out = '';
  for (let i = 0; i < pairs.length; i += count)
    out += `${' '.repeat(indent)}${pairs.slice(i, i + count).join(':')}${i + count < pairs.length ? ':' : ''}\n`;
  return out;
}

function keyText(info: Element, indent: string): string {
  const [algorithm, bits] = children(info) as [Element, Element];
  const [kind, parameters] = children(algorithm);
  const key = bits.content.subarray(1);
  const line = (text: string) => `${indent}${text}\n`;
  const deeper = indent.length + 8;
  switch (kind!.oid) {
    case '1.2.840.113549.1.1.1': {
      const [modulus, exponent] = children(element(key)) as [Element, Element];
      const number = Number(`0x${digits(exponent.content).join('')}`);
      const size = (modulus.content.length - (modulus.content[0] === 0 ? 1 : 0)) * 8;
      return (
        line('Public Key Algorithm: rsaEncryption') +
        line(`    Public-Key: (${size} bit)`) +
        line('    Modulus:') +
        block(modulus.content, deeper, 15) +
        line(`    Exponent: ${number} (0x${number.toString(16)})`)
      );
    }
    case '1.2.840.10045.2.1': {
      const [name, nist, size] = CURVES[parameters!.oid] ?? [parameters!.oid, '', 0];
      return (
        line('Public Key Algorithm: id-ecPublicKey') +
        line(`    Public-Key: (${size} bit)`) +
        line('    pub:') +
        block(key, deeper, 15) +
        line(`    ASN1 OID: ${name}`) +
        line(`    NIST CURVE: ${nist}`)
      );
    }
    case '1.3.101.112':
      return (
        line('Public Key Algorithm: ED25519') +
        line('    ED25519 Public-Key:') +
        line('    pub:') +
        block(key, deeper, 15)
      );
    default:
      return line(`Public Key Algorithm: ${kind!.oid}`);
  }
}

function extensionValue(id: string, value: Element): string {
  const hex = (bytes: Uint8Array) => digits(bytes).join(':').toUpperCase();
  switch (id) {
    case '2.5.29.14':
      return hex(value.content);
    case '2.5.29.35':
      return children(value)
        .filter(({ tag }) => tag === 0x80)
        .map(({ content }) => hex(content))
        .join('\n');
    case '2.5.29.15': {
      const [, ...bytes] = value.content;
      return USAGES.filter((_, i) => (bytes[i >> 3] ?? 0) & (0x80 >> (i & 7))).join(', ');
    }
    case '2.5.29.37':
      return children(value)
        .map(({ oid }) => PURPOSES[oid] ?? oid)
        .join(', ');
    case '2.5.29.19': {
      const parts = children(value);
      const isCa = parts.some(({ tag, content }) => tag === 1 && content[0] !== 0);
      const length = parts.find(({ tag }) => tag === 2);
      return `CA:${isCa ? 'TRUE' : 'FALSE'}${length ? `, pathlen:${length.content[0]}` : ''}`;
    }
    case '2.5.29.17':
      return alternativeNamesText(value);
    default:
      return hex(value.content);
  }
}

/** `DNS:web, IP Address:10.0.0.1`. */
const alternativeNamesText = (value: Element): string =>
  children(value)
    .map(({ tag, content }) => {
      const text =
        tag === 0x87 && content.length === 4 ? content.join('.') : new TextDecoder().decode(content);
      return `${NAMES[tag] ?? 'othername'}:${text}`;
    })
    .join(', ');

/** @param list the SEQUENCE of extensions */
function extensionsText(list: Element, indent: string): string {
  let out = '';
  for (const extension of children(list)) {
    const [id, ...rest] = children(extension) as [Element, ...Element[]];
    const critical = rest.length > 1;
    const name = EXTENSIONS[id.oid];
    out += `${indent}${name === undefined ? id.oid : `X509v3 ${name}`}: ${critical ? 'critical' : ''}\n`;
    out += `${indent}    ${extensionValue(id.oid, element(rest.at(-1)!.content))}\n`;
  }
  return out;
}

const signatureText = (algorithm: Element, signature: Element): string =>
  `    Signature Algorithm: ${signatureName(algorithm)}\n    Signature Value:\n${block(signature.content.subarray(1), 8, 18)}`;

const signatureName = (algorithm: Element): string => {
  const { oid } = children(algorithm)[0]!;
  return SIGNATURES[oid] ?? oid;
};

function serialText({ content }: Element): string {
  if (content.length > 8)
    return `\n            ${digits(content[0] === 0 ? content.subarray(1) : content).join(':')}`;
  const number = BigInt(`0x${digits(content).join('')}`);
  return ` ${number} (0x${number.toString(16)})`;
}

/** @param words names and dates as the other options print them */
export function certificateText(
  certificate: x509.X509Certificate,
  words: { issuer: string; subject: string; notBefore: string; notAfter: string },
): string {
  const [body, algorithm, signature] = children(element(new Uint8Array(certificate.rawData))) as [
    Element,
    Element,
    Element,
  ];
  const parts = children(body);
  const versioned = parts[0]!.tag === 0xa0;
  const version = versioned ? children(parts[0]!)[0]!.content[0]! : 0;
  const [serial, , , , , key] = parts.slice(versioned ? 1 : 0) as [
    Element,
    Element,
    Element,
    Element,
    Element,
    Element,
  ];
  const extensions = parts.find(({ tag }) => tag === 0xa3);
  return `Certificate:
    Data:
        Version: ${version + 1} (0x${version.toString(16)})
        Serial Number:${serialText(serial)}
        Signature Algorithm: ${signatureName(algorithm)}
        Issuer: ${words.issuer}
        Validity
            Not Before: ${words.notBefore}
            Not After : ${words.notAfter}
        Subject: ${words.subject}
        Subject Public Key Info:
${keyText(key, ' '.repeat(12))}${extensions ? `        X509v3 extensions:\n${extensionsText(children(extensions)[0]!, ' '.repeat(12))}` : ''}${signatureText(algorithm, signature)}`;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

export function requestText(request: x509.Pkcs10CertificateRequest, subject: string): string {
  const [body, algorithm, signature] = children(element(new Uint8Array(request.rawData))) as [
    Element,
    Element,
    Element,
  ];
  const [version, , key, attributes] = children(body) as [Element, Element, Element, Element | undefined];
  const asked =
    attributes && children(attributes).find((each) => children(each)[0]!.oid === EXTENSION_REQUEST);
  const list = asked && children(children(asked)[1]!)[0];
  return `Certificate Request:
    Data:
        Version: ${version.content[0]! + 1} (0x${version.content[0]!.toString(16)})
        Subject: ${subject}
        Subject Public Key Info:
${keyText(key, ' '.repeat(12))}        Attributes:
${list ? `            Requested Extensions:\n${extensionsText(list, ' '.repeat(16))}` : '            (none)\n'}${signatureText(algorithm, signature)}`;
}

/** `SHA1 Fingerprint=5F:9C:…`. */
export function fingerprintText(certificate: x509.X509Certificate, isSha256: boolean): string {
  const digest = isSha256 ? new Sha256() : new Sha1();
  digest.update(new Uint8Array(certificate.rawData));
  return `${isSha256 ? 'sha256' : 'SHA1'} Fingerprint=${digest.finish().match(/../g)!.join(':').toUpperCase()}\n`;
}
