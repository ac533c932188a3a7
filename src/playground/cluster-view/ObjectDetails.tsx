import { useEffect, useRef, useState } from 'preact/hooks';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import type { Service } from '../../../sandbox/cluster/client/kinds.ts';
import type { HttpOrigin } from '../../../sandbox/core/http.ts';
import type { PreviewHandle } from '../preview/preview-handle.ts';
import { httpPorts } from '../preview/service-ports.ts';
import type { ShellHandle } from '../terminal/shell-handle.ts';
import type { Selected } from './ClusterPicture.tsx';
import { ObjectEvents } from './ObjectEvents.tsx';
import { ObjectFacts } from './ObjectFacts.tsx';
import { ObjectYaml } from './ObjectYaml.tsx';
import type { Picture } from './picture.ts';
import { PodLogs } from './PodLogs.tsx';

interface Props {
  selected: Selected;
  /** To follow the object while it changes. */
  picture: Picture | undefined;
  kube: HttpOrigin;
  shell: ShellHandle;
  preview: PreviewHandle;
  onClose(): void;
}

type Tab = 'Facts' | 'YAML' | 'Events' | 'Logs';

/** One object in full: what matters of it, its YAML, its events, and a pod's log. */
export function ObjectDetails({ selected, picture, kube, shell, preview, onClose }: Props) {
  const [tab, setTab] = useState<Tab>('Facts');
  const close = useRef<HTMLButtonElement>(null);
  const last = useRef(selected.object);
  const current = picture && objectIn(picture, selected.id);
  if (current) last.current = current;
  const object = last.current;
  const isPod = selected.kind === 'Pod';
  const tabs: Tab[] = isPod ? ['Facts', 'YAML', 'Events', 'Logs'] : ['Facts', 'YAML', 'Events'];
  const name = object.metadata.name!;
  const ports = selected.kind === 'Service' && current ? httpPorts(object as Service) : [];

  // The keyboard goes along, and back to where it was.
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    close.current?.focus();
    return () => before?.focus();
  }, []);

  return (
    <div
      class="details"
      role="dialog"
      aria-label={`${selected.kind} ${name}`}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <header>
        <p>
          <span class="thing-kind">{selected.kind}</span> <strong>{name}</strong>
          {!current && ' is gone'}
        </p>
        {isPod && current && (
          <button
            class="quiet"
            onClick={() =>
              shell.run(`kubectl exec -it ${name} -n ${object.metadata.namespace} -- sh`, { focus: true })
            }
          >
            Shell
          </button>
        )}
        {ports.map((port) => (
          <button
            class="quiet"
            key={port}
            onClick={() => preview.open(`${name}.${object.metadata.namespace}:${port}`)}
          >
            {ports.length === 1 ? 'Open in preview' : `Open :${port} in preview`}
          </button>
        ))}
        <button class="quiet" ref={close} onClick={onClose}>
          Close
        </button>
      </header>
      <div class="tabs" role="tablist" aria-label="Views of the object">
        {tabs.map((one) => (
          <span class="tab" key={one} data-active={one === tab}>
            <button role="tab" aria-selected={one === tab} onClick={() => setTab(one)}>
              {one}
            </button>
          </span>
        ))}
      </div>
      <div class="details-body" tabIndex={0} role="tabpanel" aria-label={tab}>
        {tab === 'Facts' && <ObjectFacts kind={selected.kind} object={object} />}
        {tab === 'YAML' && <ObjectYaml kind={selected.kind} object={object} />}
        {tab === 'Events' && <ObjectEvents kube={kube} object={object} />}
        {tab === 'Logs' && <PodLogs kube={kube} pod={object} />}
      </div>
    </div>
  );
}

function objectIn(picture: Picture, id: string): KubernetesObject | undefined {
  for (const owner of picture.owners) {
    if (owner.id === id) return owner.object;
    const set = owner.replicaSets.find((one) => one.id === id);
    if (set) return set.object;
  }
  for (const node of picture.nodes) {
    if (`Node/${node.name}` === id) return node.object;
    const pod = node.pods.find((one) => one.id === id);
    if (pod) return pod.object;
  }
  return picture.services.find((service) => service.id === id)?.object;
}
