import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '../../in-process-machine.ts';

// Making an RSA key takes as long as it takes to find two primes.
const KEY_TIMEOUT_MS = 60_000;

test('a request for a user of the cluster', { timeout: KEY_TIMEOUT_MS }, async () => {
  const text = await runCommandLine(
    'openssl genrsa -out jane.key 2048; stat -c %a jane.key; head -1 jane.key; ' +
      'openssl req -new -key jane.key -subj /CN=jane/O=dev -out jane.csr; head -1 jane.csr; ' +
      'openssl req -in jane.csr -noout -subject -verify',
  );
  expect(text).toBe(
    '600\n-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE REQUEST-----\n' +
      'Certificate request self-signature verify OK\nsubject=CN = jane, O = dev\n',
  );
});

test('an authority signs, and what it signed is verified', { timeout: KEY_TIMEOUT_MS }, async () => {
  const text = await runCommandLine(
    'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key; ' +
      'openssl req -new -x509 -key ca.key -subj /CN=ca -days 2 -out ca.crt; ' +
      'openssl req -new -newkey rsa:2048 -nodes -keyout shop.key -subj /CN=shop -addext subjectAltName=DNS:shop -out shop.csr; ' +
      'openssl x509 -req -in shop.csr -CA ca.crt -CAkey ca.key -days 1 -out shop.crt; ' +
      'openssl x509 -in shop.crt -noout -subject -issuer -checkend 60; ' +
      'openssl x509 -in shop.crt -noout -checkend 200000; echo $?; openssl verify -CAfile ca.crt shop.crt; ' +
      'openssl verify -CAfile shop.crt ca.crt',
  );
  expect(text).toBe(
    'Certificate request self-signature ok\nsubject=CN = shop\nsubject=CN = shop\nissuer=CN = ca\n' +
      'Certificate will not expire\nCertificate will expire\n1\nshop.crt: OK\n' +
      'CN = ca\nerror 20 at 0 depth lookup: unable to get local issuer certificate\n' +
      'error ca.crt: verification failed\nexit 2\n',
  );
});

test('names and dates of a certificate of its own', async () => {
  const text = await runCommandLine(
    'openssl genpkey -algorithm ED25519 -out k; openssl req -new -x509 -key k -subj /CN=a ' +
      '-addext "subjectAltName=DNS:a.example,IP:10.0.0.1" | openssl x509 -noout -enddate -ext subjectAltName',
  );
  expect(text).toMatch(/^notAfter=\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT\n/);
  expect(text).toContain('X509v3 Subject Alternative Name: \n    DNS:a.example, IP Address:10.0.0.1\n');
});

test.each([
  [
    'openssl x509 -in none -noout',
    'openssl: Can\'t open "none" for reading, No such file or directory\nexit 1\n',
  ],
  ['openssl nosuch', 'openssl: Invalid command \'nosuch\'; type "help" for a list.\nexit 1\n'],
  [
    'echo x | openssl x509 -noout -subject',
    'openssl: Could not read certificate: no `BEGIN CERTIFICATE` in it\nexit 1\n',
  ],
])('%s', async (command, want) => {
  expect(await runCommandLine(command)).toBe(want);
});

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

test.each([
  ['openssl x509 -in a -text -noout -fingerprint', 'ec.crt', 'ec.recorded.txt'],
  ['openssl x509 -in a -text -noout -fingerprint -sha256', 'rsa.crt', 'rsa.recorded.txt'],
  ['openssl req -in a -text -noout', 'request.csr', 'request.recorded.txt'],
])('%s of %s prints what OpenSSL 3.0.19 printed', async (command, input, recorded) => {
  expect(await runCommandLine(command, { a: fixture(input) })).toBe(fixture(recorded));
});
