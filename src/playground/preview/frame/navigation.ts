import type { Connection } from './connect.ts';
import type { FrameSettings } from './frame-script.ts';

/**
 * Links and forms lead on within the preview, wherever their `target` says. Runs in the frame. What sets
 * `location` is out of reach here: no script can stand in for it.
 */
export function navigation(connection: Connection, { refresh }: FrameSettings): void {
  const page = document.baseURI;
  const go = (url: string, method = 'GET', more: { body?: ArrayBuffer; contentType?: string } = {}) =>
    connection.tell({ kind: 'navigate', url, method, ...more });

  const withoutFragment = (url: string) => url.replace(/#.*$/, '');

  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    const link = event
      .composedPath()
      .find((one) => one instanceof Element && one.matches('a[href], area[href]')) as
      HTMLAnchorElement | undefined;
    if (!link) return;
    const url = new URL(link.getAttribute('href')!, document.baseURI).href;
    if (/^(?:javascript|data|blob):/i.test(url)) return;
    event.preventDefault();
    const isHere = withoutFragment(url) === withoutFragment(page);
    if (!isHere || !url.includes('#')) return go(url);
    const name = decodeURIComponent(url.slice(url.indexOf('#') + 1));
    const place = document.getElementById(name) ?? document.getElementsByName(name)[0];
    if (place) place.scrollIntoView();
    else if (name === '' || name === 'top') scrollTo(0, 0);
  });

  const submit = async (form: HTMLFormElement, submitter: HTMLElement | null) => {
    const said = (name: string) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? '';
    const url = new URL(said('action') || page, document.baseURI);
    const data = new FormData(form, submitter);
    const pairs = new URLSearchParams(
      [...data].map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : value.name,
      ]),
    );
    if (said('method').toLowerCase() !== 'post') {
      url.search = String(pairs);
      return go(url.href);
    }
    const isMultipart = said('enctype').toLowerCase() === 'multipart/form-data';
    const request = new Request(page, { method: 'POST', body: isMultipart ? data : pairs });
    go(url.href, 'POST', {
      body: await request.arrayBuffer(),
      contentType: request.headers.get('content-type')!,
    });
  };
  addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    const submitter = event.submitter;
    const method = submitter?.getAttribute('formmethod') ?? form.getAttribute('method') ?? '';
    if (event.defaultPrevented || method.toLowerCase() === 'dialog') return;
    event.preventDefault();
    void submit(form, submitter);
  });
  HTMLFormElement.prototype.submit = function (this: HTMLFormElement) {
    void submit(this, null);
  };
  window.open = (url) => {
    if (url !== undefined) go(new URL(url, document.baseURI).href);
    return null;
  };

  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'F6' || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      connection.tell({ kind: 'leave', backwards: event.shiftKey });
    },
    { capture: true },
  );

  if (refresh) setTimeout(() => go(refresh.url), refresh.afterMs);
}
