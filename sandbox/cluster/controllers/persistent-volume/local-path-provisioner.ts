/**
 * rancher.io/local-path, the provisioner that kind installs: a volume is a directory on the node that the scheduler
 * has chosen for the claim's first pod. On kind it is a Deployment in `local-path-storage`; here it is a controller,
 * since images of the cluster cannot write volumes. It looks at no data source: the volume of a claim that names a
 * snapshot is as empty as any. Left out: the class's parameters (`nodePath`, `pathPattern`).
 */
import type { Disposable } from '../../../core/disposable.ts';
import { SELECTED_NODE } from '../../api/volume-claim.ts';
import type { Informer } from '../../client/informer.ts';
import type { Node } from '../../client/kinds.ts';
import { NODES } from '../../client/resources.ts';
import type { ControllerContext } from '../controller.ts';
import {
  ExternalProvisioner,
  type ProvisionedVolume,
  type ProvisionRequest,
  type VolumeDriver,
} from './external-provisioner.ts';

const PROVISIONER = 'rancher.io/local-path';
/** As the provisioner's image is configured on kind's nodes. */
const DIRECTORY = '/var/local-path-provisioner';
const ACCESS_MODES = new Set(['ReadWriteOnce', 'ReadWriteOncePod']);

export function startLocalPathProvisioner(context: ControllerContext): Disposable {
  const client = context.client('persistent-volume-binder');
  return new ExternalProvisioner({
    clock: context.clock,
    informers: context.informers,
    client,
    recorder: context.recorder(`${PROVISIONER}_local-path-provisioner`, client),
    driver: new LocalPath(context.informers.informer(NODES)),
    onError: (key, error) => context.onError('local-path-provisioner', key, error),
  });
}

class LocalPath implements VolumeDriver {
  readonly name = PROVISIONER;
  readonly #nodes: Informer<Node>;

  constructor(nodes: Informer<Node>) {
    this.#nodes = nodes;
  }

  // Async, so that what it throws is what the promise rejects with.
  async provision(request: ProvisionRequest): Promise<ProvisionedVolume> {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) throw new Error(refusal);
    const { claim, selectedNode, volumeName } = request;
    const { namespace, name } = claim.metadata;
    const hostname = this.#nodes.get(selectedNode!)!.metadata.labels?.['kubernetes.io/hostname'];
    return {
      annotations: { [SELECTED_NODE]: selectedNode! },
      spec: {
        hostPath: {
          path: `${DIRECTORY}/${volumeName}_${namespace}_${name}`,
          type: 'DirectoryOrCreate',
        },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  {
                    key: 'kubernetes.io/hostname',
                    operator: 'In',
                    values: [hostname ?? selectedNode!],
                  },
                ],
              },
            ],
          },
        },
      },
    };
  }

  /** What is left on the node's disk has a path that no other volume will have. */
  async delete(): Promise<void> {}

  /** Why no volume can be made for the claim. */
  #refusal({ claim: { spec }, selectedNode }: ProvisionRequest): string | undefined {
    if (spec.selector) return 'claim.Spec.Selector is not supported';
    if (spec.accessModes?.some((mode) => !ACCESS_MODES.has(mode))) {
      return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
    }
    if (selectedNode === undefined) return 'configuration error, no node was specified';
    return this.#nodes.get(selectedNode)
      ? undefined
      : `failed to get target node: nodes "${selectedNode}" not found`;
  }
}
