/**
 * Keeps a page working when a new version of the site is put in place under it, and without a network.
 * The service worker keeps the files of the version that the page belongs to; where there is none (plain HTTP,
 * a browser that refuses it) a part that is gone asks for a reload instead of failing in silence.
 */
import { sitePath } from '../site-path.ts';

const NOTICE_ID = 'new-version';

// The import rejects all the same; whoever asked for it tells the learner what is missing.
window.addEventListener('vite:preloadError', () => {
  if (document.getElementById(NOTICE_ID)) return;
  const notice = document.createElement('div');
  notice.id = NOTICE_ID;
  notice.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = navigator.onLine
    ? 'A part of this page did not load: the network failed, or Slipway has a new version. Reload to go on: your cluster, files and progress stay.'
    : 'This part of the page is not there without a network.';
  const reload = document.createElement('button');
  reload.className = 'button primary';
  reload.textContent = 'Reload';
  reload.addEventListener('click', () => location.reload());
  notice.append(text, reload);
  document.body.append(notice);
});

/** The worker fetches the whole site for later: not while this page still loads what it shows. */
const REGISTER_DELAY_MS = 3000;

// `serviceWorker` is absent where the context is not secure; everything else works there.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  window.addEventListener('load', () => {
    setTimeout(() => {
      navigator.serviceWorker.register(sitePath('service-worker.js'), { scope: sitePath('') }).catch(() => {
        // Storage is full or refused: the site works, only not offline.
      });
    }, REGISTER_DELAY_MS);
  });
}
