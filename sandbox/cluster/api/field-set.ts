/**
 * Sets of field paths in their wire form, `fieldsV1` (structured-merge-diff's `fieldpath.Set`): a tree whose
 * keys are `f:<field>`, `k:<keys of a list item as JSON>` and `v:<value of a set item as JSON>`. A node is a
 * member when it is `{}` or has the key `.`; otherwise only some of what is below it is.
 *
 * The wire form is the form we compute with: immutable trees that share what they have in common, so that
 * nothing is encoded or decoded, and operations on identical subtrees end at once.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A member without anything below it. */
export const LEAF: FieldSet = Object.freeze({});
const SELF = '.';

export const isMember = (node: FieldSet): boolean => {
  for (const element in node) return SELF in node || element === SELF;
  return true;
};

/** Tree with nothing in it: as an argument and result of the operations below it is `undefined`. */
type MaybeSet = FieldSet | undefined;

function build(member: boolean, children: Record<string, FieldSet>): MaybeSet {
  for (const _ in children) return member ? { [SELF]: LEAF, ...children } : children;
  return member ? LEAF : undefined;
}

/** The root is never a member itself: `{}` there is the empty set. */
const normal = (set: MaybeSet, root: boolean): MaybeSet =>
  set === undefined || (root && isEmptyTree(set)) ? undefined : set;

function isEmptyTree(node: FieldSet): boolean {
  for (const _ in node) return false;
  return true;
}

export function union(a: MaybeSet, b: MaybeSet): MaybeSet {
  return unite(normal(a, true), normal(b, true));
}

function unite(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === b || b === undefined) return a;
  if (a === undefined) return b;
  let out: Record<string, FieldSet> | undefined;
  const memberA = isMember(a);
  const member = memberA || isMember(b);
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    const made = unite(mine, b[element])!;
    if (made === mine) continue;
    out ??= childrenOf(a);
    out[element] = made;
  }
  if (out === undefined && member === memberA) return a;
  return build(member, out ?? childrenOf(a));
}

function childrenOf(node: FieldSet): Record<string, FieldSet> {
  const { [SELF]: _self, ...children } = node;
  return children;
}

export function difference(a: MaybeSet, b: MaybeSet): MaybeSet {
  return subtract(normal(a, true), normal(b, true), true);
}

function subtract(a: MaybeSet, b: MaybeSet, root = false): MaybeSet {
  if (a === undefined || b === undefined) return a;
  if (a === b) return undefined;
  const memberA = !root && isMember(a);
  const member = memberA && !isMember(b);
  let out: Record<string, FieldSet> | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    if (mine === undefined) continue;
    const left = subtract(mine, b[element]);
    if (left === mine) continue;
    out ??= childrenOf(a);
    if (left === undefined) delete out[element];
    else out[element] = left;
  }
  if (out === undefined && member === memberA) return a;
  return build(member, out ?? childrenOf(a));
}

export function intersection(a: MaybeSet, b: MaybeSet): MaybeSet {
  return intersect(normal(a, true), normal(b, true), true);
}

function intersect(a: MaybeSet, b: MaybeSet, root = false): MaybeSet {
  if (a === undefined || b === undefined || a === b) return a === undefined ? a : b;
  const out: Record<string, FieldSet> = {};
  for (const element in a) {
    if (element === SELF) continue;
    const both = intersect(a[element], b[element]);
    if (both !== undefined) out[element] = both;
  }
  return build(!root && isMember(a) && isMember(b), out);
}

/** `a` without the members of `b` and without all that lies below them. */
export function recursiveDifference(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || b === undefined) return a;
  let out: Record<string, FieldSet> | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    if (mine === undefined) continue;
    const left = isMember(b[element]!) ? undefined : recursiveDifference(mine, b[element]);
    if (left === mine) continue;
    out ??= childrenOf(a);
    if (left === undefined) delete out[element];
    else out[element] = left;
  }
  return out === undefined ? a : build(isMember(a) && !isEmptyTree(a), out);
}

export function equalSets(a: MaybeSet, b: MaybeSet): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  let size = 0;
  for (const element in a) {
    size++;
    if (!(element in b) || !equalSets(a[element], b[element])) return false;
  }
  for (const _ in b) size--;
  return size === 0;
}

export type FieldPath = readonly string[];

/** Members, each as the elements on the way to it: those of a level, sorted, before those further down. */
export function members(set: MaybeSet): FieldPath[] {
  const out: FieldPath[] = [];
  const walk = (node: FieldSet, path: FieldPath) => {
    const elements = Object.keys(node)
      .filter((element) => element !== SELF)
      .toSorted();
    for (const element of elements) if (isMember(node[element]!)) out.push([...path, element]);
    for (const element of elements) walk(node[element]!, [...path, element]);
  };
  if (set) walk(set, []);
  return out;
}

/** `.spec.containers[name="c"].image`, as conflicts print paths. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const element of path) {
    const value = element.slice(2);
    switch (element.slice(0, 2)) {
      case 'f:':
        text += `.${value}`;
        break;
      case 'k:': {
        const keys = Object.entries(JSON.parse(value) as Record<string, unknown>);
        text += `[${keys.map(([name, key]) => `${name}=${JSON.stringify(key)}`).join(',')}]`;
        break;
      }
      case 'v:':
        text += `[=${value}]`;
        break;
      default:
        text += `[${value}]`;
    }
  }
  return text;
}
