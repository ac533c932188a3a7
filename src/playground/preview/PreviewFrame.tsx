import { useEffect, useRef } from 'preact/hooks';
import { addressText } from './address.ts';
import { PageFrame } from './page-frame.ts';
import type { Preview, Shown } from './preview.ts';

interface Props {
  preview: Preview;
  page: Extract<Shown, { kind: 'page' }>;
}

/** A page, as long as it is the one that is shown. */
export function PreviewFrame({ preview, page }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const title = `Page of ${addressText(page.answer.address, preview.namespace)}`;
    const frame = new PageFrame(place.current!, page, title, {
      exchange: (address, request, signal) => preview.request(address, request, signal),
      navigate: (url, request) => void preview.follow(url, request),
      overwhelmed: () =>
        preview.lose(
          'The page asked for more than the preview carries, and was taken away. Reload shows it again.',
        ),
      // Where to, the browser does not tell: not the path, and nothing of the answer.
      refused: () =>
        preview.lose(
          'A script of the page set its address (location = …). The preview cannot follow there: write the address above, or go back.',
        ),
      reloaded: () => void preview.reload(),
      stuck: () =>
        preview.lose(
          'The page does not begin. The browser may still be busy with one that never ends its script: wait a little and reload.',
        ),
    });
    return () => frame.dispose();
  }, []);
  return <div class="preview-frame" ref={place} />;
}
