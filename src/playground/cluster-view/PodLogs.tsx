import { useEffect, useRef, useState } from 'preact/hooks';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { Utf8Decoder } from '../../../sandbox/core/bytes.ts';
import { readText, type HttpOrigin } from '../../../sandbox/core/http.ts';

/** Older text scrolls away: a pod that writes without end must not fill the page. */
const MAX_CHARACTERS = 100_000;

/** A container's log, followed. */
export function PodLogs({ kube, pod }: { kube: HttpOrigin; pod: KubernetesObject }) {
  const names = (pod.spec?.containers ?? []).map((container: { name: string }) => container.name) as string[];
  const [container, setContainer] = useState(names[0]);
  const [text, setText] = useState('');
  /** Why there is no log. */
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const end = useRef<HTMLSpanElement>(null);
  const { uid, name, namespace } = pod.metadata;
  // A container that was started, or started again, has a log of its own.
  const { restartCount, containerID } =
    pod.status?.containerStatuses?.find((status: { name: string }) => status.name === container) ?? {};

  useEffect(() => {
    if (container === undefined) return;
    const abort = new AbortController();
    setText('');
    setRefusal(undefined);
    void follow(
      kube,
      `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container}`,
      abort.signal,
      (more) => setText((before) => (before + more).slice(-MAX_CHARACTERS)),
    ).then(setRefusal, (error: unknown) => {
      if (!abort.signal.aborted) setRefusal(error instanceof Error ? error.message : String(error));
    });
    return () => abort.abort();
  }, [uid, container, restartCount, containerID]);

  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [text]);

  return (
    <>
      {names.length > 1 && (
        <select
          aria-label="Container"
          value={container}
          onChange={(event) => setContainer(event.currentTarget.value)}
        >
          {names.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      {text ? (
        <pre class="object-text">
          {text}
          <span ref={end} />
        </pre>
      ) : (
        !refusal && <p class="nothing">Nothing has been written yet.</p>
      )}
      {refusal && <p class="nothing">{refusal}</p>}
    </>
  );
}

/** Resolves when the log ends; with the API server's own words where it has none to give. */
async function follow(
  kube: HttpOrigin,
  path: string,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<string | undefined> {
  const response = await kube.fetch({
    method: 'GET',
    path: `${path}&follow=true&tailLines=500`,
    headers: { 'user-agent': 'slipway-cluster-view' },
    signal,
  });
  if (response.status >= 400) {
    const answer = await readText(response);
    try {
      return (JSON.parse(answer) as { message: string }).message;
    } catch {
      return answer;
    }
  }
  const decoder = new Utf8Decoder();
  if (response.body instanceof Uint8Array) onText(decoder.push(response.body));
  else for await (const chunk of response.body) onText(decoder.push(chunk));
  return undefined;
}
