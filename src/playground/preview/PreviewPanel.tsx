import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { HTTP_STATUS_PHRASES } from '../../../sandbox/core/http-status.ts';
import { addressText } from './address.ts';
import { contentType } from './content.ts';
import { pageDocument } from './page-document.ts';
import { Preview, type Shown } from './preview.ts';
import styles from './preview.css?inline';
import { PreviewFailure } from './PreviewFailure.tsx';
import { PreviewFrame } from './PreviewFrame.tsx';
import type { PreviewProps } from './PreviewPlace.tsx';
import { ServiceList } from './ServiceList.tsx';

/** What a Service of the cluster answers, with what a browser has around a page. */
export function PreviewPanel({ handle, session, shell, watch }: PreviewProps) {
  const { epoch } = session;
  const input = useRef<HTMLInputElement>(null);
  // Another session, or the same after a reset: what was shown is not there any longer.
  const preview = useMemo(() => {
    const web = session.session.peek()?.web;
    return web && new Preview({ web, namespace: session.start.namespace, draw: pageDocument });
  }, [epoch.value, session.session.value]);
  useEffect(() => () => preview?.dispose(), [preview]);

  useSignalEffect(() => {
    const address = handle.asked.value;
    if (address === undefined || !preview) return;
    handle.asked.value = undefined;
    void preview.open(address);
  });

  if (!preview) return <p class="nothing">The cluster is not there yet.</p>;
  const { namespace } = preview;
  const shown = preview.shown.value;
  const address = preview.address.value;
  const loading = preview.loading.value;
  const open = (text: string) => void preview.open(text);
  return (
    <>
      {/* Here, and not in the page's own styles: a lesson's first paint does not wait for them. */}
      <style>{styles}</style>
      <form
        class="preview-bar"
        role="search"
        aria-label="Address"
        onSubmit={(event) => {
          event.preventDefault();
          if (input.current?.value.trim()) open(input.current.value);
        }}
      >
        <button
          type="button"
          class="quiet"
          aria-label="Back"
          title="Back"
          disabled={!preview.canGoBack.value}
          onClick={() => void preview.back()}
        >
          ←
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="Forward"
          title="Forward"
          disabled={!preview.canGoForward.value}
          onClick={() => void preview.forward()}
        >
          →
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="Reload"
          title="Reload"
          disabled={!address}
          onClick={() => void preview.reload()}
        >
          ⟳
        </button>
        <input
          ref={input}
          type="text"
          aria-label="Address of a Service: name, port and path"
          placeholder="service:port/path"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          data-focus
          // Written over by each page that is shown, and by nothing else.
          key={address ? addressText(address, namespace) : ''}
          defaultValue={address ? addressText(address, namespace) : ''}
        />
        <button type="button" class="quiet" onClick={() => preview.leave()} disabled={shown.kind === 'start'}>
          Services
        </button>
      </form>
      <p class="preview-status" role="status">
        {loading ? 'Asking …' : describe(shown)}
        {preview.notice.value && <span class="preview-notice">{preview.notice.value}</span>}
      </p>
      <div class="preview-body" key={preview.visit.value}>
        <Body shown={shown} preview={preview} />
        {shown.kind === 'start' && (
          <ServiceList services={watch.value?.services.value ?? []} namespace={namespace} onOpen={open} />
        )}
        {shown.kind === 'failure' && (
          <PreviewFailure failure={shown.failure} shell={shell} onRetry={() => void preview.reload()} />
        )}
      </div>
    </>
  );
}

function Body({ shown, preview }: { shown: Shown; preview: Preview }) {
  switch (shown.kind) {
    case 'page':
      return <PreviewFrame preview={preview} page={shown} />;
    case 'text':
      return (
        <pre class="preview-text" tabIndex={0} aria-label="The answer">
          {shown.text || '(The answer is empty.)'}
        </pre>
      );
    case 'image':
      return <img class="preview-image" src={shown.url} alt={`What ${shown.answer.address.path} shows`} />;
    case 'bytes':
      return (
        <p class="nothing">
          {shown.answer.body.length} bytes of {contentType(shown.answer)}, which the preview does not show.
        </p>
      );
    case 'gone':
      return <p class="nothing">{shown.reason}</p>;
    default:
      return null;
  }
}

/** The first line of the answer, as HTTP has it, and its type. */
function describe(shown: Shown): string {
  if (shown.kind === 'failure') return 'No answer';
  if (!('answer' in shown)) return '';
  const { status } = shown.answer;
  return [status, HTTP_STATUS_PHRASES[status], contentType(shown.answer)].filter(Boolean).join(' ');
}
