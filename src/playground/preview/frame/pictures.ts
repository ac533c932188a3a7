import type { Connection } from './connect.ts';

/**
 * Pictures, scripts and style sheets that a script of the page adds later: their address is asked for over the bridge, and
 * they get the file. Runs in the frame. What the sheets name in turn is left out.
 */
export function pictures(connection: Connection): void {
  const isInside = (url: string) => /^(?:data|blob|about|javascript):/i.test(url) || url === '';

  const file = async (url: string) => {
    const { status, headers, body } = await connection.ask({ method: 'GET', url, headers: [] });
    if (status >= 400) throw new TypeError(`${url}: ${status}`);
    const type = new Headers(headers).get('content-type') ?? '';
    return URL.createObjectURL(new Blob([body], { type }));
  };

  const KINDS: [{ prototype: object }, string][] = [
    [HTMLImageElement, 'src'],
    [HTMLScriptElement, 'src'],
    [HTMLLinkElement, 'href'],
  ];
  for (const [{ prototype }, name] of KINDS) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)!;
    const asked = new WeakMap<object, string>();
    Object.defineProperty(prototype, name, {
      ...own,
      get(this: HTMLElement) {
        return asked.get(this) ?? own.get!.call(this);
      },
      set(this: HTMLElement, value: unknown) {
        const text = String(value);
        asked.delete(this);
        // Before it knows that it is a style sheet, a link loads nothing.
        if (isInside(text)) {
          own.set!.call(this, text);
          return;
        }
        const url = new URL(text, document.baseURI).href;
        asked.set(this, url);
        void file(url).then(
          (loaded) => asked.get(this) === url && own.set!.call(this, loaded),
          () => asked.get(this) === url && this.dispatchEvent(new Event('error')),
        );
      },
    });
  }

  // By markup (`innerHTML`, `setAttribute`): refused by the policy first, and then put right.
  const mend = (element: Element) => {
    if (!(element instanceof HTMLImageElement)) return;
    const src = element.getAttribute('src') ?? '';
    if (!isInside(src)) element.src = src;
  };
  addEventListener(
    'error',
    (event) => {
      const { target } = event;
      if (
        target instanceof HTMLImageElement &&
        event.isTrusted &&
        !isInside(target.getAttribute('src') ?? '')
      )
        event.stopImmediatePropagation();
    },
    { capture: true },
  );
  new MutationObserver((records) => {
    for (const { target, addedNodes, type } of records) {
      if (type === 'attributes') mend(target as Element);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        mend(node);
        node.querySelectorAll('img').forEach(mend);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['src'] });
}
