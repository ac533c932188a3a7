/**
 * The site's service worker; `offline.ts` writes the manifest in. Assets carry a hash in their name, so they
 * are answered from the cache; pages come from the network and, without one, from the cache. Nothing else is
 * touched: requests to the sandbox service and to other origins pass through.
 */
const { version, base, assets, pages } = MANIFEST;

const ASSETS = 'slipway-assets';
const PAGES = `slipway-pages-${version}`;
const own = new Set(assets.map((path) => base + path));
const ownPages = new Set(pages.map((path) => base + path));
/** Key under which a version's cache of pages keeps the names of its assets. */
const LIST = `${base}assets.json`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const [assetCache, pageCache] = await Promise.all([caches.open(ASSETS), caches.open(PAGES)]);
      // Nothing is fetched twice: a name with a hash has one content.
      const have = new Set((await assetCache.keys()).map((request) => new URL(request.url).pathname));
      await Promise.all([
        assetCache.addAll([...own].filter((path) => !have.has(path))),
        pageCache.addAll(pages.map((path) => new Request(base + path, { cache: 'reload' }))),
      ]);
      // Where the browser can, it answers from the cache itself, without starting this worker for each script.
      await event.addRoutes?.([
        { condition: { urlPattern: `${base}_astro/*` }, source: { cacheName: ASSETS } },
      ]);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const before = await versionBefore();
      for (const name of await caches.keys()) {
        if (name.startsWith('slipway-pages-') && name !== PAGES) await caches.delete(name);
      }
      // A page of the version before may still be open and load parts of it: those stay until the next one.
      const cache = await caches.open(ASSETS);
      for (const request of await cache.keys()) {
        const { pathname } = new URL(request.url);
        if (!own.has(pathname) && !before.has(pathname)) await cache.delete(request);
      }
      await (await caches.open(PAGES)).put(LIST, Response.json([...own]));
      await self.clients.claim();
    })(),
  );
});

/** The assets that the version before this one had; its pages' cache keeps the list. */
async function versionBefore() {
  for (const name of await caches.keys()) {
    if (!name.startsWith('slipway-pages-') || name === PAGES) continue;
    const list = await caches.match(LIST, { cacheName: name });
    if (list) return new Set(await list.json());
  }
  return new Set();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  if (url.pathname.startsWith(`${base}_astro/`)) event.respondWith(fromCacheFirst(request));
  else if (request.mode === 'navigate' || ownPages.has(url.pathname)) {
    event.respondWith(fromNetworkFirst(request));
  }
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
