import { useEffect, useState } from 'preact/hooks';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';

/** As the API holds it, less `managedFields`, which kubectl leaves out too. */
export function ObjectYaml({ kind, object }: { kind: string; object: KubernetesObject }) {
  const [text, setText] = useState('');
  useEffect(() => {
    let current = true;
    void import('yaml').then(({ stringify }) => {
      if (!current) return;
      const { apiVersion, kind: own, metadata, ...rest } = object;
      const { managedFields: _, ...shown } = metadata;
      setText(stringify({ apiVersion, kind: own ?? kind, metadata: shown, ...rest }, { lineWidth: 0 }));
    });
    return () => void (current = false);
  }, [object]);
  return <pre class="object-text">{text}</pre>;
}
