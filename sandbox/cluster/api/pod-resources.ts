/** What a pod as a whole asks for and may use, as quotas and limit ranges count it. */
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';

type Amounts = Record<string, string | number>;

interface Container {
  resources?: { requests?: Amounts; limits?: Amounts };
  restartPolicy?: string;
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  overhead?: Amounts;
}

/** Its containers together, or more if an init container alone needs more. */
export function podResources(spec: PodSpec): Record<'requests' | 'limits', Record<string, Quantity>> {
  const total = (field: 'requests' | 'limits') => {
    const sums: Record<string, Quantity> = {};
    const add = (amounts: Amounts = {}) => {
      for (const [name, text] of Object.entries(amounts))
        sums[name] = sums[name] ? addQuantities(sums[name], parseQuantity(text)) : parseQuantity(text);
    };
    for (const { resources } of spec.containers) add(resources?.[field]);
    for (const { resources, restartPolicy } of spec.initContainers ?? []) {
      if (restartPolicy === 'Always') {
        add(resources?.[field]);
        continue;
      }
      for (const [name, text] of Object.entries(resources?.[field] ?? {})) {
        const quantity = parseQuantity(text);
        if (!sums[name] || compareQuantities(quantity, sums[name]) > 0) sums[name] = quantity;
      }
    }
    add(spec.overhead);
    return sums;
  };
  return { requests: total('requests'), limits: total('limits') };
}
