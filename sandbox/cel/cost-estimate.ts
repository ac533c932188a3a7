/**
 * What an expression can cost at worst, in cel-go's units (`checker/cost.go`) with Kubernetes' sizes: reading
 * a name costs one, a list literal ten, text a tenth of its length, and what is done for every item of a list
 * as many times as the list can have items.
 *
 * The sizes come from the caller; what is not known is unbounded, as there. Left out: the costs of single
 * library functions beyond text and lists, which count as one call.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

/** What is known of a value. */
export interface Shape {
  /** Items of a list, entries of a map, bytes of a text at most; 1 for scalars, Infinity if not known. */
  readonly size: number;
  /** A number, bool or other value without parts. */
  readonly scalar?: boolean;
  field(name: string): Shape | undefined;
  /** An item of a list, or a value of a map. */
  readonly element: Shape | undefined;
  /** What a comprehension goes through: the items of a list, the keys of a map. */
  readonly iterated: Shape | undefined;
}

interface Estimate {
  cost: number;
  size: number;
  shape: Shape | undefined;
}

const TEXT_FACTOR = 0.1;
const PATTERN_FACTOR = 0.25;
const LIST_COST = 10;
const MAP_COST = 30;

const known = (size: number): Shape => ({
  size,
  scalar: true,
  field: () => undefined,
  element: undefined,
  iterated: undefined,
});
const SCALAR = known(1);
const unknown = (cost: number): Estimate => ({ cost, size: Infinity, shape: undefined });
const scalar = (cost: number): Estimate => ({ cost, size: 1, shape: SCALAR });

/** The most that evaluating the node can cost; Infinity where nothing bounds it. */
export function estimateCost(node: ASTNode, variables: ReadonlyMap<string, Shape>): number {
  return Math.ceil(estimate(node, variables).cost);
}

/** A size times a factor, without what Infinity makes of zero. */
const times = (size: number, factor: number): number => (size === 0 || factor === 0 ? 0 : size * factor);
const portion = (size: number, factor: number): number => Math.ceil(times(size, factor));

function estimate(node: ASTNode, variables: ReadonlyMap<string, Shape>): Estimate {
  const inner = (each: ASTNode) => estimate(each, variables);
  switch (node.op) {
    case 'value':
      return typeof node.args === 'string' ? { ...scalar(0), size: node.args.length } : scalar(0);
    case 'id': {
      const shape = variables.get(node.args);
      return { cost: 1, size: shape?.size ?? Infinity, shape };
    }
    case '.':
    case '.?': {
      const target = inner(node.args[0]);
      const shape = target.shape?.field(node.args[1]);
      return { cost: target.cost + 1, size: shape?.size ?? Infinity, shape };
    }
    case '[]':
    case '[?]': {
      const target = inner(node.args[0]);
      const shape = target.shape?.element;
      return { cost: target.cost + inner(node.args[1]).cost + 1, size: shape?.size ?? Infinity, shape };
    }
    case 'list': {
      const items = node.args.map(inner);
      const cost = items.reduce((sum, item) => sum + item.cost, LIST_COST);
      const element = items[0]?.shape;
      const shape: Shape = { size: items.length, field: () => undefined, element, iterated: element };
      return { cost, size: items.length, shape };
    }
    case 'map':
      return {
        cost: node.args.flat().reduce((sum, each) => sum + inner(each).cost, MAP_COST),
        size: node.args.length,
        shape: undefined,
      };
    case '?:': {
      const [condition, yes, no] = node.args.map(inner) as [Estimate, Estimate, Estimate];
      return {
        cost: condition.cost + Math.max(yes.cost, no.cost),
        size: Math.max(yes.size, no.size),
        shape: yes.shape ?? no.shape,
      };
    }
    case '&&':
    case '||':
      return scalar(inner(node.args[0]).cost + inner(node.args[1]).cost);
    case '!_':
    case '-_':
      return scalar(inner(node.args).cost + 1);
    case 'call':
      return call(node.args[0], node.args[1], variables);
    case 'rcall':
      return member(node.args[0], node.args[1], node.args[2], variables);
    default:
      return binary(node.op, inner(node.args[0]), inner(node.args[1]));
  }
}

function binary(operator: string, left: Estimate, right: Estimate): Estimate {
  const both = left.cost + right.cost;
  switch (operator) {
    case 'in':
      return scalar(both + right.size);
    case '+': {
      if (left.shape?.scalar && right.shape?.scalar && left.size === 1 && right.size === 1)
        return scalar(both + 1);
      const size = left.size + right.size;
      const isList = left.shape?.element !== undefined || right.shape?.element !== undefined;
      return {
        cost: both + (isList ? 1 : portion(size, TEXT_FACTOR)),
        size,
        shape: left.shape ?? right.shape,
      };
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return scalar(both + portion(Math.min(left.size, right.size), TEXT_FACTOR));
    default:
      return scalar(both + 1);
  }
}

function call(name: string, args: readonly ASTNode[], variables: ReadonlyMap<string, Shape>): Estimate {
  const [first] = args;
  // has() costs what its operand costs.
  if (name === 'has' && (first?.op === '.' || first?.op === '.?'))
    return scalar(estimate(first.args[0], variables).cost);
  const given = args.map((each) => estimate(each, variables));
  const cost = given.reduce((sum, each) => sum + each.cost, 1);
  if (name === 'dyn') return { ...given[0]!, cost };
  if (name === 'string') return unknown(cost);
  // What parses text reads all of it.
  const text = given[0] && !given[0].shape?.element ? portion(given[0].size, TEXT_FACTOR) : 0;
  return scalar(PARSES.has(name) ? cost + text : cost);
}

const PARSES = new Set([
  'quantity',
  'isQuantity',
  'url',
  'isURL',
  'ip',
  'isIP',
  'cidr',
  'isCIDR',
  'timestamp',
  'duration',
]);

/** Per item: the loop's condition and its step, beside what the expression itself costs. */
const MACROS: Record<string, { condition: number; step: number }> = {
  all: { condition: 2, step: 1 },
  exists: { condition: 3, step: 1 },
  exists_one: { condition: 0, step: 2 },
  existsOne: { condition: 0, step: 2 },
  filter: { condition: 0, step: 13 },
  map: { condition: 0, step: 12 },
};

function member(
  name: string,
  target: ASTNode,
  args: readonly ASTNode[],
  variables: ReadonlyMap<string, Shape>,
): Estimate {
  const macro = MACROS[name];
  if (macro && args.length >= 2 && args[0]!.op === 'id') return comprehension(name, target, args, variables);
  const on = estimate(target, variables);
  const given = args.map((each) => estimate(each, variables));
  const cost = given.reduce((sum, each) => sum + each.cost, on.cost);
  switch (name) {
    case 'startsWith':
    case 'endsWith':
      return scalar(cost + portion(given[0]?.size ?? 1, TEXT_FACTOR));
    case 'contains':
      return scalar(cost + times(portion(on.size, TEXT_FACTOR), portion(given[0]?.size ?? 1, TEXT_FACTOR)));
    case 'matches':
    case 'matchesInLinearTime':
    case 'find':
    case 'findAll': {
      const search = times(portion(on.size + 1, TEXT_FACTOR), portion(given[0]?.size ?? 1, PATTERN_FACTOR));
      return name === 'find' || name === 'findAll'
        ? { ...unknown(cost + search), size: on.size }
        : scalar(cost + search);
    }
    case 'size':
    case 'hasValue':
    case 'family':
      return scalar(cost + 1);
    case 'value':
    case 'orValue':
      return { ...on, cost: cost + 1 };
    case 'lowerAscii':
    case 'upperAscii':
    case 'trim':
    case 'substring':
    case 'replace':
      return { cost: cost + portion(on.size, TEXT_FACTOR), size: on.size, shape: on.shape };
    case 'split': {
      const element = known(on.size);
      const shape: Shape = { size: on.size, field: () => undefined, element, iterated: element };
      return { cost: cost + portion(on.size, TEXT_FACTOR), size: on.size, shape };
    }
    case 'join':
      return unknown(cost + portion(on.size, TEXT_FACTOR));
    case 'sum':
    case 'min':
    case 'max':
    case 'isSorted':
    case 'indexOf':
    case 'lastIndexOf':
      return scalar(cost + (on.shape?.element ? on.size : portion(on.size, TEXT_FACTOR)));
    default:
      return on.shape?.scalar ? { ...scalar(cost + 1) } : unknown(cost + 1);
  }
}

function comprehension(
  name: string,
  target: ASTNode,
  args: readonly ASTNode[],
  variables: ReadonlyMap<string, Shape>,
): Estimate {
  const { condition, step } = MACROS[name]!;
  const range = estimate(target, variables);
  const inner = new Map(variables);
  const variable = (args[0] as ASTNode & { op: 'id' }).args;
  const item = range.shape?.iterated;
  if (item) inner.set(variable, item);
  else inner.delete(variable);
  const body = args.slice(1).map((each) => estimate(each, inner));
  const each = body.reduce((sum, part) => sum + part.cost, condition + step);
  const builds = name === 'map' || name === 'filter';
  const cost = range.cost + (builds ? LIST_COST : 0) + times(range.size, each) + 1;
  if (!builds) return scalar(cost);
  const element = name === 'filter' ? item : body.at(-1)!.shape;
  // How long the result is nobody knows before: so does cel-go.
  const shape: Shape = { size: Infinity, field: () => undefined, element, iterated: element };
  return { cost, size: Infinity, shape };
}
