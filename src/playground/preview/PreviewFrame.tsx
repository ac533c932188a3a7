import { useEffect, useRef } from 'preact/hooks';
import { addressText } from './address.ts';
import { Bridge } from './bridge.ts';
import { HELLO } from './messages.ts';
import { SANDBOX } from './policy.ts';
import type { Preview, Shown } from './preview.ts';

interface Props {
  preview: Preview;
  page: Extract<Shown, { kind: 'page' }>;
}

/** One visit of a page, in a frame of its own. */
export function PreviewFrame({ preview, page }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const { address } = page.answer;

  // An effect, and so in a later task than the removal of the frame before: only then does Chromium give this one a
  // process that a page which never ends its script does not hold.
  useEffect(() => {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', SANDBOX);
    frame.referrerPolicy = 'no-referrer';
    frame.title = `Page of ${addressText(address, preview.namespace)}`;
    frame.srcdoc = page.document;
    let bridge: Bridge | undefined;
    const onMessage = ({ source, data }: MessageEvent) => {
      if (bridge || source !== frame.contentWindow || data !== HELLO) return;
      const { port1, port2 } = new MessageChannel();
      bridge = new Bridge(port1, address, {
        exchange: (to, request, signal) => preview.request(to, request, signal),
        navigate: (url, request) => void preview.follow(url, request),
        leave: (backwards) =>
          frame.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'F6', shiftKey: backwards, bubbles: true }),
          ),
        overwhelmed: () =>
          preview.lose(
            'The page asked for more than the preview carries, and was taken away. Reload shows it again.',
          ),
      });
      // The frame's origin equals nothing, so that it cannot be named.
      frame.contentWindow!.postMessage(HELLO, '*', [port2]);
    };
    // Where the page's own script sent it, the browser does not tell: not the path, and nothing of the answer.
    const onRefused = ({ effectiveDirective }: SecurityPolicyViolationEvent) => {
      if (effectiveDirective === 'frame-src')
        preview.lose(
          'A script of the page set its address (location = …). The preview cannot follow there: write the address above, or go back.',
        );
    };
    let loads = 0;
    // A page that reloads itself comes back without a bridge.
    const onLoad = () => void (++loads > 1 && preview.reload());
    window.addEventListener('message', onMessage);
    document.addEventListener('securitypolicyviolation', onRefused);
    frame.addEventListener('load', onLoad);
    place.current!.append(frame);
    return () => {
      window.removeEventListener('message', onMessage);
      document.removeEventListener('securitypolicyviolation', onRefused);
      frame.removeEventListener('load', onLoad);
      bridge?.dispose();
      frame.remove();
    };
  }, []);

  return <div class="preview-frame" ref={place} />;
}
