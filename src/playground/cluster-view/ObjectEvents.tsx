import { useEffect, useState } from 'preact/hooks';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import type { Event } from '../../../sandbox/cluster/client/kinds.ts';
import { readText, type HttpOrigin } from '../../../sandbox/core/http.ts';

/** The object's events, oldest first; asked for again whenever the object has changed. */
export function ObjectEvents({ kube, object }: { kube: HttpOrigin; object: KubernetesObject }) {
  const [events, setEvents] = useState<Event[] | undefined>(undefined);
  const { uid, resourceVersion, namespace = 'default' } = object.metadata;
  useEffect(() => {
    const abort = new AbortController();
    void eventsOf(kube, namespace, uid!, abort.signal).then(
      (list) => abort.signal.aborted || setEvents(list),
      () => abort.signal.aborted || setEvents([]),
    );
    return () => abort.abort();
  }, [uid, resourceVersion]);
  if (!events) return null;
  if (events.length === 0) return <p class="nothing">No events of this object are kept.</p>;
  return (
    <ul class="lines">
      {events.map((event) => (
        <li key={event.metadata.uid} data-warning={event.type === 'Warning'}>
          <strong>{event.reason}</strong>
          {(event.count ?? 1) > 1 && ` ×${event.count}`} {event.message}
        </li>
      ))}
    </ul>
  );
}

async function eventsOf(
  kube: HttpOrigin,
  namespace: string,
  uid: string,
  signal: AbortSignal,
): Promise<Event[]> {
  const selector = encodeURIComponent(`involvedObject.uid=${uid}`);
  const response = await kube.fetch({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`,
    headers: { accept: 'application/json', 'user-agent': 'slipway-cluster-view' },
    signal,
  });
  const list = JSON.parse(await readText(response)) as { items?: Event[] };
  const when = (event: Event) =>
    event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
  return (list.items ?? []).sort((a, b) => when(a).localeCompare(when(b)));
}
