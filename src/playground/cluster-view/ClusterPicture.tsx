import type { ReadonlySignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { Connectors, type Connection } from './Connectors.tsx';
import type { TrafficPicture } from './live-traffic.ts';
import type { Picture, PodPicture } from './picture.ts';
import { PodMark } from './PodMark.tsx';
import { TrafficLines } from './TrafficLines.tsx';
import { TrafficRate } from './TrafficRate.tsx';

/** What a click asks to see. */
export interface Selected {
  id: string;
  kind: string;
  object: KubernetesObject;
}

interface Props {
  picture: Picture;
  traffic: ReadonlySignal<TrafficPicture>;
  selected: string | undefined;
  onSelect(selected: Selected): void;
}

/** Above this many pods each is a mark without a name. */
const NAMED_PODS = 40;

/** Who owns the pods, where they run, who sends them traffic: three columns of lists, joined by lines. */
export function ClusterPicture({ picture, traffic, selected, onSelect }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const connections = useMemo(() => connectionsOf(picture), [picture]);
  const named = picture.podCount <= NAMED_PODS;
  const podItems = useRef(new WeakMap<PodPicture, { pressed: boolean; named: boolean; item: VNode }>());
  const item = (id: string, kind: string, object: KubernetesObject | undefined) => ({
    'data-node': id,
    'aria-pressed': id === selected,
    disabled: !object,
    onClick: () => object && onSelect({ id, kind, object }),
  });
  // Of hundreds of pods a few change at a time: an item that is the same value is not compared again.
  const podItem = (pod: PodPicture) => {
    const pressed = pod.id === selected;
    const known = podItems.current.get(pod);
    if (known?.pressed === pressed && known.named === named) return known.item;
    const made = (
      <li key={pod.id}>
        <button class="pod" data-mark={pod.mark} title={titleOf(pod)} {...item(pod.id, 'Pod', pod.object)}>
          <PodMark mark={pod.mark} size={named ? 18 : 14} />
          {named ? (
            <>
              <span class="pod-text">
                <span class="pod-name">{pod.shortName}</span>
                {pod.version && <span class="pod-status">{pod.version}</span>}
                {pod.mark !== 'ready' && <span class="pod-status">{pod.status}</span>}
                {pod.mark === 'ready' && <span class="sr-only">{pod.status}, ready</span>}
              </span>
              <TrafficRate traffic={traffic} id={pod.id} />
            </>
          ) : (
            <span class="sr-only">{titleOf(pod)}</span>
          )}
        </button>
      </li>
    );
    podItems.current.set(pod, { pressed, named, item: made });
    return made;
  };

  return (
    <div class="picture" ref={root}>
      <div class="picture-column">
        <h3>Workloads</h3>
        <ul>
          {picture.owners.map((owner) => (
            <li key={owner.id}>
              <button
                class="thing"
                {...item(owner.id, owner.kind, owner.object)}
                data-short={owner.ready < (owner.desired ?? 0)}
              >
                <span class="thing-kind">{owner.kind}</span>
                <span class="thing-name">{owner.name}</span>
                {owner.desired !== undefined && (
                  <span class="thing-count">
                    {owner.ready}/{owner.desired} ready
                  </span>
                )}
              </button>
              {owner.replicaSets.length > 0 && (
                <ul class="sets">
                  {owner.replicaSets.map((set) => (
                    <li key={set.id}>
                      <button class="thing small" {...item(set.id, 'ReplicaSet', set.object)}>
                        <span class="sr-only">ReplicaSet </span>
                        <span class="thing-name">{set.name.slice(owner.name.length + 1) || set.name}</span>
                        <span class="thing-count">
                          {set.ready}/{set.desired}
                        </span>
                      </button>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
      </div>
      <div class="picture-column wide">
        <h3>Nodes and pods</h3>
        <ul>
          {picture.nodes.map((node) => (
            <li key={node.name} class="node" data-ready={node.ready || !node.name}>
              {node.object ? (
                <button class="node-name" {...item(`Node/${node.name}`, 'Node', node.object)}>
                  {node.name}
                  {!node.ready && ' (not ready)'}
                </button>
              ) : (
                <p class="node-name">{node.name ? `${node.name} (gone)` : 'No node yet'}</p>
              )}
              <ul class={named ? 'pods' : 'pods many'}>{node.pods.map(podItem)}</ul>
            </li>
          ))}
        </ul>
      </div>
      <div class="picture-column">
        <h3>Services</h3>
        <ul>
          {picture.services.map((service) => (
            <li key={service.id}>
              <button
                class="thing"
                {...item(service.id, 'Service', service.object)}
                data-short={service.pods.length === 0}
              >
                <span class="thing-kind">Service</span>
                <span class="thing-name">{service.name}</span>
                <span class="thing-count">
                  {service.ports && `:${service.ports}, `}
                  {service.pods.length === 1 ? '1 endpoint' : `${service.pods.length} endpoints`}
                </span>
                <TrafficRate traffic={traffic} id={service.id} />
              </button>
            </li>
          ))}
        </ul>
      </div>
      <Connectors container={root} connections={connections} />
      <TrafficLines container={root} traffic={traffic} />
    </div>
  );
}

const titleOf = (pod: PodPicture) =>
  `${pod.object.metadata.name}: ${pod.status}${pod.restarts ? `, ${pod.restarts} restarts` : ''}`;

function connectionsOf(picture: Picture): Connection[] {
  const connections: Connection[] = [];
  for (const node of picture.nodes) {
    for (const pod of node.pods)
      if (pod.owner) connections.push({ from: pod.owner, to: pod.id, kind: 'owns' });
  }
  for (const service of picture.services) {
    for (const pod of service.pods) connections.push({ from: pod, to: service.id, kind: 'serves' });
  }
  return connections;
}
