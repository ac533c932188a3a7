import { describe, expect, it } from 'vitest';
import { addressText, follow, parseAddress, sameService, urlOf } from './address.ts';

const at = (service: string, namespace: string, port: number, path: string) => ({
  service,
  namespace,
  port,
  path,
});

describe('an address line', () => {
  it.each([
    ['web', at('web', 'shop', 80, '/')],
    ['web:8080', at('web', 'shop', 8080, '/')],
    [' web:8080/a/b?x=1#there ', at('web', 'shop', 8080, '/a/b?x=1')],
    ['svc/web', at('web', 'shop', 80, '/')],
    ['service/web:81/x', at('web', 'shop', 81, '/x')],
    ['web.other', at('web', 'other', 80, '/')],
    ['web.other:8080/', at('web', 'other', 8080, '/')],
    ['http://web', at('web', 'shop', 80, '/')],
    ['http://web.other.svc/x', at('web', 'other', 80, '/x')],
    ['http://web.other.svc.cluster.local:9090/graph', at('web', 'other', 9090, '/graph')],
    ['web/a b', at('web', 'shop', 80, '/a%20b')],
  ])('%s', (text, want) => {
    expect(parseAddress(text, 'shop')).toEqual(want);
  });

  it.each([
    '',
    'https://web',
    'http://localhost:8080',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://www.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://-web/',
    'http://web.shop.pod.cluster.local/',
  ])('%s names no Service', (text) => {
    expect(parseAddress(text, 'shop')).toBeUndefined();
  });

  it('says the namespace only where it is another', () => {
    expect(addressText(at('web', 'shop', 80, '/x'), 'shop')).toBe('web:80/x');
    expect(addressText(at('web', 'shop', 80, '/x'), 'default')).toBe('web.shop:80/x');
  });
});

describe('on a page', () => {
  const page = at('web', 'shop', 8080, '/a/b?x=1');

  it.each([
    ['c', at('web', 'shop', 8080, '/a/c')],
    ['/c?y', at('web', 'shop', 8080, '/c?y')],
    ['?y', at('web', 'shop', 8080, '/a/b?y')],
    ['', page],
    ['http://api/x', at('api', 'shop', 80, '/x')],
    ['//api.other/x', at('api', 'other', 80, '/x')],
  ])('%s is followed', (reference, want) => {
    expect(follow(reference, page)).toEqual(want);
  });

  it.each(['https://nginx.org/', 'http://nginx.example.org/', 'mailto:a@b', 'http://[broken', 'about:blank'])(
    '%s leads nowhere in the cluster',
    (reference) => {
      expect(follow(reference, page)).toBeUndefined();
    },
  );

  it('the URL is that which another namespace would use', () => {
    expect(urlOf(page)).toBe('http://web.shop:8080/a/b?x=1');
    expect(urlOf(at('web', 'shop', 80, '/'))).toBe('http://web.shop/');
  });

  it('a Service is the same by name, namespace and port', () => {
    expect(sameService(page, { ...page, path: '/' })).toBe(true);
    for (const other of [{ port: 80 }, { namespace: 'default' }, { service: 'api' }])
      expect(sameService(page, { ...page, ...other })).toBe(false);
  });
});
