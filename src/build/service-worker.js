/**
 * The site's service worker; `offline.ts` writes the manifest in. Assets carry a hash in their name, so they
 * are answered from the cache; pages come from the network and, without one, from the cache. Nothing else is
 * touched: requests to the sandbox service and to other origins pass through.
 */
const { version, base, assets, pages } = MANIFEST;

const ASSETS = 'slipway-assets';
const PAGES = `slipway-pages-${version}`;
const own = new Set(assets.map((path) => base + path));

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const [assetCache, pageCache] = await Promise.all([caches.open(ASSETS), caches.open(PAGES)]);
      const have = new Set((await assetCache.keys()).map((request) => new URL(request.url).pathname));
      await Promise.all([
        assetCache.addAll([...own].filter((path) => !have.has(path))),
        pageCache.addAll(pages.map((path) => new Request(base + path, { cache: 'reload' }))),
      ]);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith('slipway-pages-') && name !== PAGES) await caches.delete(name);
      }
      await self.clients.claim();
      // A page of the version before may still be open: its assets stay as long as any page is.
      if ((await self.clients.matchAll({ type: 'window' })).length > 0) return;
      const cache = await caches.open(ASSETS);
      for (const request of await cache.keys()) {
        if (!own.has(new URL(request.url).pathname)) await cache.delete(request);
      }
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  if (url.pathname.startsWith(`${base}_astro/`)) event.respondWith(fromCacheFirst(request));
  else if (request.mode === 'navigate') event.respondWith(fromNetworkFirst(request));
});

async function fromCacheFirst(request) {
  const cached = await caches.match(request, { cacheName: ASSETS });
  return cached ?? fetch(request);
}

async function fromNetworkFirst(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const cached = await caches.match(request, { cacheName: PAGES, ignoreSearch: true });
    if (cached) return cached;
    throw error;
  }
}
