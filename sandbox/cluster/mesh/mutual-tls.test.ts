import { expect, test } from 'vitest';
import * as x509 from '../../core/x509.ts';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { CertificateAuthority, spiffeId, type WorkloadCertificate } from './certificate-authority.ts';
import { accept, offer, type TlsContext } from './mutual-tls.ts';
import { Key } from './p256.ts';

const clock = () => new ManualClock(Date.UTC(2026, 0, 1));

async function setting(at = clock()) {
  const random = new Random(7);
  const authority = await CertificateAuthority.create(at, random);
  const contextOf = (certificate: WorkloadCertificate, root = authority.root): TlsContext => ({
    certificate: async () => certificate,
    root,
    random,
    nowMs: () => at.now(),
  });
  const client = await authority.issue(spiffeId('shop', 'web'));
  const server = await authority.issue(spiffeId('shop', 'stock'));
  return { at, random, authority, contextOf, client, server };
}

test('both ends know who the other is', async () => {
  const { contextOf, client, server } = await setting();
  const hello = offer(contextOf(client), (identity) => identity === server.identity);
  expect(await accept(contextOf(server), hello)).toEqual({
    clientIdentity: 'spiffe://cluster.local/ns/shop/sa/web',
    serverIdentity: 'spiffe://cluster.local/ns/shop/sa/stock',
    clientHash: client.hash,
    closed: false,
  });
});

test('a certificate is one that others can read: a day, no subject, the SPIFFE ID as its name', async () => {
  const { client, authority } = await setting();
  const read = new x509.X509Certificate(client.certificate.toString('pem'));
  expect(read.subject).toBe('');
  expect(read.issuer).toBe('O=cluster.local');
  expect(read.notAfter.getTime() - read.notBefore.getTime()).toBe((24 * 60 + 2) * 60_000);
  const names = read.getExtension<x509.SubjectAlternativeNameExtension>('2.5.29.17')!;
  expect(names.names.items.map(({ type, value }) => [type, value])).toEqual([['url', client.identity]]);
  // By the platform's own cryptography as well.
  expect(await read.verify({ publicKey: authority.root.publicKey, signatureOnly: true })).toBe(true);
  expect(await authority.root.verify({ publicKey: authority.root.publicKey, signatureOnly: true })).toBe(
    true,
  );
});

test('the authority that was kept signs for the same root', async () => {
  const { at, random, authority, contextOf, server } = await setting();
  const again = CertificateAuthority.restore(at, random, authority.stored);
  const late = await again.issue(spiffeId('shop', 'late'));
  const connection = await accept(
    contextOf(server),
    offer(contextOf(late), () => true),
  );
  expect(connection.clientIdentity).toBe('spiffe://cluster.local/ns/shop/sa/late');
});

test.each([
  { name: 'a client of another authority', want: 'unknown authority', who: 'client' },
  { name: 'a server of another authority', want: 'unknown authority', who: 'server' },
] as const)('$name', async ({ want, who }) => {
  const { at, contextOf, authority, client, server } = await setting();
  const other = await CertificateAuthority.create(at, new Random(99));
  const stranger = contextOf(await other.issue(spiffeId('shop', 'web')), authority.root);
  const hello = offer(who === 'client' ? stranger : contextOf(client), () => true);
  await expect(accept(who === 'server' ? stranger : contextOf(server), hello)).rejects.toThrow(want);
});

test('a certificate without its key proves nothing', async () => {
  const { random, contextOf, client, server } = await setting();
  const stolen = contextOf({ ...client, key: Key.generate(random) });
  await expect(
    accept(
      contextOf(server),
      offer(stolen, () => true),
    ),
  ).rejects.toThrow('the client does not have');
  const impostor = contextOf({ ...server, key: Key.generate(random) });
  await expect(
    accept(
      impostor,
      offer(contextOf(client), () => true),
    ),
  ).rejects.toThrow('the server does not have');
});

test('a certificate whose day is over, and a server that is somebody else', async () => {
  const { at, contextOf, client, server } = await setting();
  await expect(
    accept(
      contextOf(server),
      offer(contextOf(client), (id) => id.endsWith('/other')),
    ),
  ).rejects.toThrow('is not who the endpoint should be');
  await at.advance(25 * 3600_000);
  await expect(
    accept(
      contextOf(server),
      offer(contextOf(client), () => true),
    ),
  ).rejects.toThrow('has expired');
});
