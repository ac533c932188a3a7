/** kube-controller-manager: the controllers by the names under which it starts them. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { ControllerContext, StartController } from './controller.ts';
import { startDeploymentController } from './deployment/deployment.ts';
import { startReplicaSetController } from './replicaset.ts';

export const CONTROLLERS: Readonly<Record<string, StartController>> = {
  'deployment-controller': startDeploymentController,
  'replicaset-controller': startReplicaSetController,
};

/** Starts all of them. */
export function startControllers(context: ControllerContext): Disposable {
  const running = new DisposableStore();
  for (const start of Object.values(CONTROLLERS)) running.add(start(context));
  return running;
}
