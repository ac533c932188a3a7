import { expect, it } from 'vitest';
import type { ServicePicture } from '../cluster-view/picture.ts';
import { isServiceLink } from './service-link.ts';

const services = [{ object: { metadata: { name: 'web', namespace: 'shop' } } }] as ServicePicture[];

it.each([
  ['http://web/', true],
  ['http://anything:8080/x', true],
  ['http://web.shop:8080/', true],
  ['http://web.other.svc/', true],
  ['http://web.other.svc.cluster.local/', true],
  ['http://localhost:8080/', true],
  ['http://127.0.0.1:8001/api', true],
  ['http://nginx.org/', false],
  ['http://www.example.com/', false],
  ['https://kubernetes.io/docs/', false],
  ['https://web/', false],
])('%s %s', (url, want) => {
  expect(isServiceLink(url, services)).toBe(want);
});
