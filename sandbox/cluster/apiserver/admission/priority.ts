/** Resolves a pod's priority class to a number (`plugin/pkg/admission/priority`). */
import type { KubernetesObject } from '../../api/object.ts';
import type { RequestContext } from '../registry/strategy.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

const CLASSES = 'scheduling.k8s.io/priorityclasses';

export const priority: AdmissionPlugin = {
  name: 'Priority',
  resources: ['/pods'],
  mutate(operation, draft, context) {
    if (operation !== 'CREATE' || context.request.subresource) return;
    const asked: string = draft.spec.priorityClassName ?? '';
    const found = asked ? context.store.get(CLASSES, asked) : globalDefault(context);
    if (asked && !found) throw refuse(context, draft, `no PriorityClass with name ${asked} was found`);
    const value: number = found?.value ?? 0;
    const given: number | undefined = draft.spec.priority;
    if (given !== undefined && given !== value)
      throw refuse(
        context,
        draft,
        `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    const preemptionPolicy: string = found?.preemptionPolicy ?? 'PreemptLowerPriority';
    const askedPolicy: string | undefined = draft.spec.preemptionPolicy;
    if (askedPolicy !== undefined && askedPolicy !== preemptionPolicy)
      throw refuse(
        context,
        draft,
        `the string value of PreemptionPolicy (${askedPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
      );
    draft.spec = { ...draft.spec, priority: value, preemptionPolicy };
    if (found) draft.spec.priorityClassName = found.metadata.name;
  },
};

/** The lowest of the classes that say they are the default. */
function globalDefault({ store }: RequestContext): KubernetesObject | undefined {
  return store
    .list(CLASSES)
    .filter(({ globalDefault }) => globalDefault)
    .sort((a, b) => a.value - b.value)[0];
}
