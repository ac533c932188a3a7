import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Connection {
  from: string;
  to: string;
  kind: 'owns' | 'serves' | 'calls' | 'receives';
  /** Requests on it get no good answer. */
  failed?: boolean;
  /** … are encrypted. */
  mutualTls?: boolean;
}

/** With more pods lines say nothing any more. */
const MAX_LINES = 120;

/**
 * Curves between elements of `container` that carry `data-node` ids, from edge to edge. The elements are plain
 * lists that the browser lays out; this measures where they came to stand.
 */
export function Connectors({
  container,
  connections,
}: {
  container: RefObject<HTMLElement>;
  connections: Connection[];
}) {
  const [drawing, setDrawing] = useState<{
    width: number;
    height: number;
    lines: (Pick<Connection, 'kind' | 'failed' | 'mutualTls'> & { d: string })[];
  }>();

  useLayoutEffect(() => {
    const root = container.current;
    if (!root) return;
    if (connections.length === 0 || connections.length > MAX_LINES) return setDrawing(undefined);
    const measure = () => {
      const origin = root.getBoundingClientRect();
      const boxes = new Map<string, DOMRect>();
      for (const element of root.querySelectorAll<HTMLElement>('[data-node]')) {
        boxes.set(element.dataset['node']!, element.getBoundingClientRect());
      }
      const lines = connections.flatMap(({ from, to, ...line }) => {
        const a = boxes.get(from);
        const b = boxes.get(to);
        if (!a || !b) return [];
        const x1 = a.right - origin.left;
        const x2 = b.left - origin.left;
        const y1 = a.top + a.height / 2 - origin.top;
        const y2 = b.top + b.height / 2 - origin.top;
        const bend = (x2 - x1) / 2;
        return [{ ...line, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
      });
      setDrawing({ width: root.scrollWidth, height: root.scrollHeight, lines });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(root);
    // What is in a column moves when something above it grows.
    for (const column of root.children) observer.observe(column);
    return () => observer.disconnect();
  }, [connections]);

  if (!drawing) return null;
  return (
    <svg class="connectors" width={drawing.width} height={drawing.height} aria-hidden="true">
      {drawing.lines.map(({ d, kind, failed, mutualTls }) => (
        <path key={`${kind} ${d}`} d={d} data-kind={kind} data-failed={failed} data-mutual-tls={mutualTls} />
      ))}
    </svg>
  );
}
