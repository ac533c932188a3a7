/**
 * OpenSSL's command line (3.0) for what clusters need: keys, requests, certificates, their verification. Loaded
 * when it is first used, with @peculiar/x509. Left out: encryption, digests, `s_client` (no connection here is
 * TLS on the wire), `ecparam` and other key formats than PKCS#8, `x509 -text`.
 */
import { encode } from '../../../core/bytes.ts';
import { readWholeText } from '../../../os/open.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError, errnoMessage } from '../command.ts';

const USAGE = `usage: openssl command [options]

  genrsa [-out FILE] [BITS]
  genpkey -algorithm RSA|EC|ED25519 [-pkeyopt OPT:VALUE] [-out FILE]
  req -new (-key FILE | -newkey rsa:BITS -nodes -keyout FILE) -subj /CN=NAME [-addext subjectAltName=DNS:NAME]
      [-x509 -days N] [-out FILE]
  req -in FILE -noout (-subject | -verify | -text)
  x509 -in FILE [-noout] [-text] [-subject] [-issuer] [-dates] [-serial] [-fingerprint [-sha256]]
      [-ext subjectAltName] [-checkend SECONDS]
  x509 -req -in FILE (-CA FILE -CAkey FILE | -signkey FILE) [-days N] [-out FILE]
  verify -CAfile FILE CERTIFICATE...
  version
`;

/** Options without a value. */
const FLAGS = new Set(
  'new x509 nodes noenc noout subject issuer dates startdate enddate serial verify text fingerprint sha1 req CAcreateserial batch sha256'.split(
    ' ',
  ),
);

export interface Request {
  options: Map<string, string>;
  operands: string[];
}

export const program: Program = async (process) => {
  const [command, ...words] = process.argv.slice(1);
  if (command === undefined || command === 'help' || command === '--help' || words.includes('-help')) {
    await process.print(USAGE);
    return 0;
  }
  if (command === 'version') {
    await process.print('OpenSSL 3.0.15 3 Sep 2024 (Library: OpenSSL 3.0.15 3 Sep 2024)\n');
    return 0;
  }
  try {
    if (command === 's_client')
      throw new CommandError(
        'there is no TLS on the wire here, so there is no handshake to show. Read the certificate where it lies: `kubectl get secret NAME -o jsonpath=… | base64 -d | openssl x509 -noout -subject -dates`',
      );
    const request = parse(words);
    const certificates = await process.wait(import('./certificates.ts'));
    if (command === 'genrsa' || command === 'genpkey')
      return await certificates.newKey(process, command, request);
    if (command === 'req') return await certificates.req(process, request);
    if (command === 'x509') return await certificates.x509Command(process, request);
    if (command === 'verify') return await certificates.verify(process, request);
    throw new CommandError(`Invalid command '${command}'; type "help" for a list.`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await process.printError(`openssl: ${error.message}\n`);
    return error.exitCode;
  }
};

function parse(words: readonly string[]): Request {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith('-')) operands.push(word);
    else if (FLAGS.has(word.slice(1))) options.set(word.slice(1), '');
    else {
      const value = words[++i];
      if (value === undefined) throw new CommandError(`Option ${word} needs a value, or is not known here`);
      options.set(word.slice(1), value);
    }
  }
  return { options, operands };
}

export async function readInput(process: Process, path: string | undefined): Promise<string> {
  if (path === undefined || path === '-') return await process.readAll(0);
  try {
    return await readWholeText(process, path);
  } catch (error) {
    throw new CommandError(`Can't open "${path}" for reading, ${errnoMessage(error)}`);
  }
}

/** To a file, or to standard output. */
export async function writeOutput(
  process: Process,
  path: string | undefined,
  text: string,
  mode = 0o644,
): Promise<void> {
  if (path === undefined) return void (await process.print(text));
  const place = process.resolve(path);
  process.fileSystem.writeFile(place, encode(text));
  process.fileSystem.chmod(place, mode);
}
