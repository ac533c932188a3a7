/** `openssl genrsa`, `genpkey`, `req`, `x509` and `verify`. */
import * as x509 from '../../../core/x509.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError } from '../command.ts';
import { certificateText, fingerprintText, requestText } from './certificate-text.ts';
import { ec, ED25519, generateKey, readKey, rsa, type Algorithm, type KeyPair } from './keys.ts';
import { readInput, writeOutput, type Request } from './openssl.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const ALTERNATIVE_NAMES = '2.5.29.17';

export async function newKey(
  process: Process,
  command: string,
  { options, operands }: Request,
): Promise<number> {
  const wanted = command === 'genrsa' ? 'RSA' : (options.get('algorithm') ?? '').toUpperCase();
  const option = options.get('pkeyopt')?.split(':')[1];
  let algorithm: Algorithm;
  if (wanted === 'RSA') algorithm = rsaOf(command === 'genrsa' ? operands[0] : option);
  else if (wanted === 'EC') algorithm = ec(curveOf(option));
  else if (wanted === 'ED25519') algorithm = ED25519;
  else
    throw new CommandError(
      `genpkey: Error initializing ${wanted || 'no algorithm'} context: RSA, EC and ED25519 are known here`,
    );
  await writeOutput(process, options.get('out'), await process.wait(generateKey(algorithm)), 0o600);
  return 0;
}

function rsaOf(bits = '2048'): Algorithm {
  if (!/^\d+$/.test(bits) || Number(bits) < 1024 || Number(bits) > 8192)
    throw new CommandError(`${bits}: a number of bits from 1024 to 8192 is wanted`);
  return rsa(Number(bits));
}

function curveOf(name = 'P-256'): string {
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', 'P-256': 'P-256', 'P-384': 'P-384' }[name];
  if (!curve) throw new CommandError(`${name}: unknown curve name; P-256 and P-384 are there`);
  return curve;
}

export async function req(process: Process, { options }: Request): Promise<number> {
  if (!options.has('new') && !options.has('x509') && !options.has('newkey')) {
    const request = requestOf(await readInput(process, options.get('in')));
    if (options.has('verify')) {
      const valid = await process.wait(request.verify());
      await process.printError(`Certificate request self-signature verify ${valid ? 'OK' : 'failure'}\n`);
      if (!valid) return 1;
    }
    if (options.has('text')) await process.print(requestText(request, nameText(request.subjectName)));
    if (options.has('subject')) await process.print(`subject=${nameText(request.subjectName)}\n`);
    if (!options.has('noout')) await writeOutput(process, options.get('out'), `${request.toString('pem')}\n`);
    return 0;
  }
  const newkey = options.get('newkey');
  let pem: string;
  if (newkey === undefined) pem = await readInput(process, options.get('key') ?? required('-key or -newkey'));
  else {
    if (!options.has('nodes') && !options.has('noenc'))
      throw new CommandError('req: a key with a passphrase is not made here: add -nodes');
    pem = await process.wait(generateKey(rsaOf(/^rsa(?::(\d+))?$/.exec(newkey)?.[1])));
    await writeOutput(process, options.get('keyout') ?? 'privkey.pem', pem, 0o600);
  }
  const keys = await process.wait(readKey(pem));
  const name = parseName(options.get('subj') ?? required('-subj (nobody is asked for the fields here)'));
  const extensions = alternativeNames(options.get('addext'));
  const out = options.get('out');
  if (options.has('x509')) {
    const certificate = await process.wait(
      x509.X509CertificateGenerator.createSelfSigned({
        name,
        keys,
        signingAlgorithm: keys.algorithm,
        ...validity(process, options.get('days')),
        extensions: [new x509.BasicConstraintsExtension(true, undefined, true), ...extensions],
      }),
    );
    await writeOutput(process, out, `${certificate.toString('pem')}\n`);
    return 0;
  }
  const request = await process.wait(
    x509.Pkcs10CertificateRequestGenerator.create({
      name,
      keys,
      signingAlgorithm: keys.algorithm,
      extensions,
    }),
  );
  await writeOutput(process, out, `${request.toString('pem')}\n`);
  return 0;
}

export async function x509Command(process: Process, { options }: Request): Promise<number> {
  const text = await readInput(process, options.get('in'));
  const certificate = options.has('req')
    ? await sign(process, options, requestOf(text))
    : certificateOf(text);
  const { notBefore, notAfter } = certificate;
  let out = '';
  if (options.has('text'))
    out += certificateText(certificate, {
      issuer: nameText(certificate.issuerName),
      subject: nameText(certificate.subjectName),
      notBefore: dateText(notBefore),
      notAfter: dateText(notAfter),
    });
  for (const option of options.keys()) {
    if (option === 'subject') out += `subject=${nameText(certificate.subjectName)}\n`;
    if (option === 'issuer') out += `issuer=${nameText(certificate.issuerName)}\n`;
    if (option === 'dates' || option === 'startdate') out += `notBefore=${dateText(notBefore)}\n`;
    if (option === 'dates' || option === 'enddate') out += `notAfter=${dateText(notAfter)}\n`;
    if (option === 'serial') out += `serial=${certificate.serialNumber.toUpperCase()}\n`;
    if (option === 'fingerprint') out += fingerprintText(certificate, options.has('sha256'));
    if (option === 'ext') out += extensionText(certificate, options.get('ext')!);
  }
  let status = 0;
  const seconds = options.get('checkend');
  if (seconds !== undefined) {
    const expires = notAfter.getTime() < process.machine.clock.now() + Number(seconds) * 1000;
    out += `Certificate will ${expires ? '' : 'not '}expire\n`;
    status = expires ? 1 : 0;
  }
  await process.print(out);
  if (!options.has('noout'))
    await writeOutput(process, options.get('out'), `${certificate.toString('pem')}\n`);
  return status;
}

async function sign(
  process: Process,
  options: Map<string, string>,
  request: x509.Pkcs10CertificateRequest,
): Promise<x509.X509Certificate> {
  if (!(await process.wait(request.verify())))
    throw new CommandError('Certificate request self-signature did not match the contents');
  const own = options.get('signkey');
  const authority =
    own === undefined
      ? certificateOf(await readInput(process, options.get('CA') ?? required('-CA or -signkey')))
      : undefined;
  const keys: KeyPair = await process.wait(
    readKey(await readInput(process, own ?? options.get('CAkey') ?? required('-CAkey'))),
  );
  await process.printError(
    `Certificate request self-signature ok\nsubject=${nameText(request.subjectName)}\n`,
  );
  return await process.wait(
    x509.X509CertificateGenerator.create({
      subject: request.subjectName,
      issuer: authority?.subjectName ?? request.subjectName,
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: keys.algorithm,
      ...validity(process, options.get('days')),
    }),
  );
}

export async function verify(process: Process, { options, operands }: Request): Promise<number> {
  const authority = certificateOf(await readInput(process, options.get('CAfile') ?? required('-CAfile')));
  let status = 0;
  for (const path of operands) {
    const certificate = certificateOf(await readInput(process, path));
    const date = new Date(process.machine.clock.now());
    const signed =
      certificate.issuer === authority.subject &&
      (await process.wait(certificate.verify({ publicKey: authority.publicKey, signatureOnly: true })));
    const problem = !signed
      ? 'error 20 at 0 depth lookup: unable to get local issuer certificate'
      : certificate.notAfter < date
        ? 'error 10 at 0 depth lookup: certificate has expired'
        : certificate.notBefore > date
          ? 'error 9 at 0 depth lookup: certificate is not yet valid'
          : undefined;
    if (problem === undefined) await process.print(`${path}: OK\n`);
    else {
      await process.printError(
        `${nameText(certificate.subjectName)}\n${problem}\nerror ${path}: verification failed\n`,
      );
      status = 2;
    }
  }
  return status;
}

function required(what: string): never {
  throw new CommandError(`${what} is needed`);
}

function certificateOf(pem: string): x509.X509Certificate {
  const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0];
  if (!block) throw new CommandError('Could not read certificate: no `BEGIN CERTIFICATE` in it');
  return new x509.X509Certificate(block);
}

function requestOf(pem: string): x509.Pkcs10CertificateRequest {
  const block =
    /-----BEGIN (NEW )?CERTIFICATE REQUEST-----[^-]+-----END (NEW )?CERTIFICATE REQUEST-----/.exec(pem)?.[0];
  if (!block) throw new CommandError('Unable to load X509 request: no `BEGIN CERTIFICATE REQUEST` in it');
  return new x509.Pkcs10CertificateRequest(block.replaceAll('NEW ', ''));
}

/** `/CN=jane/O=dev`. */
function parseName(text: string): x509.JsonName {
  if (!text.startsWith('/'))
    throw new CommandError(
      `subject name is expected to be in the format /type0=value0/type1=value1: ${text}`,
    );
  return text
    .slice(1)
    .split('/')
    .map((part) => {
      const equals = part.indexOf('=');
      if (equals < 0) throw new CommandError(`${part}: a field of a name is written TYPE=VALUE`);
      return { [part.slice(0, equals)]: [part.slice(equals + 1)] };
    });
}

/** `CN = jane, O = dev`. */
const nameText = (name: x509.Name): string =>
  name
    .toJSON()
    .flatMap((part) => Object.entries(part).map(([type, values]) => `${type} = ${values.join(' + ')}`))
    .join(', ');

/** `subjectAltName=DNS:a,IP:10.0.0.1`. */
function alternativeNames(text: string | undefined): x509.Extension[] {
  if (text === undefined) return [];
  const names = /^subjectAltName\s*=\s*(.*)$/.exec(text)?.[1];
  if (names === undefined) throw new CommandError(`${text}: only subjectAltName can be added here`);
  return [
    new x509.SubjectAlternativeNameExtension(
      names.split(',').map((each) => {
        const [, type = '', value = ''] = /^\s*(DNS|IP|email|URI):(.*)$/.exec(each) ?? [];
        if (value === '') throw new CommandError(`${each}: DNS:NAME, IP:ADDRESS, email:… or URI:… is wanted`);
        return {
          type: { DNS: 'dns', IP: 'ip', email: 'email', URI: 'url' }[type] as x509.GeneralNameType,
          value,
        };
      }),
    ),
  ];
}

function extensionText(certificate: x509.X509Certificate, name: string): string {
  if (name !== 'subjectAltName') throw new CommandError(`-ext ${name}: only subjectAltName is shown here`);
  const extension = certificate.getExtension<x509.SubjectAlternativeNameExtension>(ALTERNATIVE_NAMES);
  if (!extension) return 'No extensions matching subjectAltName\n';
  const labels: Record<string, string> = { dns: 'DNS', ip: 'IP Address', email: 'email', url: 'URI' };
  const names = extension.names.items.map(({ type, value }) => `${labels[type] ?? type}:${value}`);
  return `X509v3 Subject Alternative Name: \n    ${names.join(', ')}\n`;
}

function validity(process: Process, days: string | undefined): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(process.machine.clock.now() / 1000) * 1000;
  return { notBefore: new Date(now), notAfter: new Date(now + Number(days ?? DEFAULT_DAYS) * DAY_MS) };
}

/** `Nov  7 10:00:00 2026 GMT`. */
function dateText(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${time} ${year} GMT`;
}
