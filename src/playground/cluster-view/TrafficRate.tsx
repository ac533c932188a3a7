import type { ReadonlySignal } from '@preact/signals';
import type { TrafficPicture } from './live-traffic.ts';

/** How many requests a second a pod or a Service gets now, and how they end; nothing while there are none. */
export function TrafficRate({ traffic, id }: { traffic: ReadonlySignal<TrafficPicture>; id: string }) {
  const rate = traffic.value.rates.get(id);
  if (!rate) return null;
  const { perSecond, failed, retried, faulted, mutualTls } = rate;
  const notes = [failed && 'failing', retried && 'retried', faulted && 'fault injected'].filter(Boolean);
  return (
    <span class="traffic-rate" data-failed={failed}>
      {mutualTls && (
        <svg viewBox="0 0 12 12" width="11" height="11" role="img" aria-label="mutual TLS">
          <title>Both ends show a certificate</title>
          <rect x="2" y="5.5" width="8" height="5.5" rx="1" />
          <path d="M3.75 5.5V3.75a2.25 2.25 0 0 1 4.5 0V5.5" />
        </svg>
      )}
      {perSecond < 1 ? '<1' : Math.round(perSecond)}/s
      {notes.length > 0 && <span class="traffic-note"> {notes.join(', ')}</span>}
    </span>
  );
}
