import type { ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { Connectors, type Connection } from './Connectors.tsx';
import type { TrafficPicture } from './live-traffic.ts';

/** Moving lines from who calls to the Service, and from there to who answers. */
export function TrafficLines({
  container,
  traffic,
}: {
  container: RefObject<HTMLElement>;
  traffic: ReadonlySignal<TrafficPicture>;
}) {
  // Lines are measured when they change, and not with every report.
  const drawn = useRef<{ key: string; connections: Connection[] }>({ key: '[]', connections: [] });
  const key = JSON.stringify(traffic.value.lines);
  if (key !== drawn.current.key) {
    const connections = traffic.value.lines.map(({ pod, service, direction, failed, mutualTls }) => ({
      from: pod,
      to: service,
      kind: direction,
      failed,
      mutualTls,
    }));
    drawn.current = { key, connections };
  }
  return <Connectors container={container} connections={drawn.current.connections} />;
}
