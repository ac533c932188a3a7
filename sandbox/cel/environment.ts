/**
 * The CEL environment that admission, CRD rules and checks share: the standard library, optional types
 * and the parts of Kubernetes' own libraries (apiserver `pkg/cel/library`) that are listed here: lists
 * (sum, min, max, isSorted, indexOf, lastIndexOf) and regex (find, findAll).
 */
import { Environment } from '@marcbachmann/cel-js';
import { RegularExpression } from './regular-expression.ts';

/** A fresh environment; register variables and functions of your own on it. Making one takes a while: keep it. */
export function createEnvironment(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 5000, maxDepth: 64 },
  });
  return environment
    .registerFunction('list.sum(): dyn', (list: (number | bigint)[]) => list.reduce(add, 0n))
    .registerFunction('list.min(): dyn', (list: unknown[]) => extreme('min', list, (a, b) => a < b))
    .registerFunction('list.max(): dyn', (list: unknown[]) => extreme('max', list, (a, b) => a > b))
    .registerFunction('list.isSorted(): bool', (list: Ordered[]) =>
      list.every((x, i) => i === 0 || list[i - 1]! <= x),
    )
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], x: unknown) => BigInt(list.indexOf(x)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], x: unknown) =>
      BigInt(list.lastIndexOf(x)),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => RegularExpression.compile(pattern).find(text)?.text ?? '',
    )
    .registerFunction('string.findAll(string): list', (text: string, pattern: string) =>
      RegularExpression.compile(pattern).findAll(text),
    );
}

type Ordered = number | bigint | string;

const add = (a: number | bigint, b: number | bigint): number | bigint =>
  typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b);

function extreme(name: string, list: unknown[], better: (a: Ordered, b: Ordered) => boolean): unknown {
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  return (list as Ordered[]).reduce((best, x) => (better(x, best) ? x : best));
}
