/** Shell variables: scalars, indexed and associative arrays, their attributes, and dynamic scopes. */

export interface Variable {
  /** Undefined while declared without a value. Element 0 of an array is kept in the array. */
  value: string | undefined;
  /** Indexed array; holes are unset elements. */
  list?: string[];
  map?: Map<string, string>;
  exported?: boolean;
  readonly?: boolean;
  integer?: boolean;
  letters?: 'lower' | 'upper';
  /** Declared an array that nothing has been assigned to yet. */
  bare?: boolean;
  /** The value is the name of another variable (`declare -n`). */
  reference?: boolean;
}

/** `declare -r`: the message is bash's. */
export class ReadonlyVariable extends Error {
  constructor(name: string) {
    super(`${name}: readonly variable`);
  }
}

export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

export class Variables {
  #variables: Map<string, Variable>;
  /** One a function call: what the names were before `local`. */
  #scopes: Map<string, Variable | undefined>[] = [];
  /** Values that are computed when read (`RANDOM`, `SECONDS`, …); assigning replaces or resets them. */
  readonly dynamic: Map<string, { get(): string; set?(value: string): void }>;
  /** Arrays that are computed when read (`FUNCNAME`, `PIPESTATUS`). */
  readonly dynamicLists = new Map<string, () => readonly string[]>();
  /** Called with the name after each change (`PATH`, `OPTIND` and the like have consequences). */
  onChange: ((name: string) => void) | undefined;

  constructor(variables?: Map<string, Variable>) {
    this.#variables = variables ?? new Map();
    this.dynamic = new Map();
  }

  /** A copy for a subshell. */
  clone(): Variables {
    const copy = new Map<string, Variable>();
    for (const [name, variable] of this.#variables) {
      copy.set(name, {
        ...variable,
        ...(variable.list && { list: [...variable.list] }),
        ...(variable.map && { map: new Map(variable.map) }),
      });
    }
    const clone = new Variables(copy);
    // `local` in a subshell inside a function is still allowed.
    clone.#scopes = this.#scopes.map(() => new Map());
    return clone;
  }

  /** Follows `declare -n`. */
  resolve(name: string): string {
    for (let i = 0; i < 10; i++) {
      const variable = this.#variables.get(name);
      if (!variable?.reference || variable.value === undefined) return name;
      name = variable.value;
    }
    return name;
  }

  /** The variable itself, without computed ones. */
  variable(name: string): Variable | undefined {
    const variable = this.#variables.get(name);
    return variable?.reference ? this.#variables.get(this.resolve(name)) : variable;
  }

  /** The variable itself, a reference not followed. */
  own(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  /** The value as `$name` sees it: element 0 of an array. */
  get(name: string): string | undefined {
    const variable = this.#variables.get(name);
    if (variable === undefined) return this.dynamic.get(name)?.get() ?? this.dynamicLists.get(name)?.()[0];
    if (variable.reference) return this.#follow(variable);
    if (variable.list) return variable.list[0];
    if (variable.map) return variable.map.get('0');
    return variable.value;
  }

  #follow(variable: Variable): string | undefined {
    if (variable.value === undefined) return undefined;
    const element = /^(\w+)\[(.*)\]$/.exec(variable.value);
    if (element) return this.element(element[1]!, element[2]!);
    return this.get(this.resolve(variable.value));
  }

  /** One element; `key` is an index in decimal for indexed arrays. */
  element(name: string, key: string): string | undefined {
    const variable = this.variable(name);
    if (variable?.map) return variable.map.get(key);
    if (variable?.list) {
      const index = Number(key);
      return variable.list[index < 0 ? variable.list.length + index : index];
    }
    const list = variable ? undefined : this.dynamicLists.get(name);
    if (list) return list().at(Number(key));
    return Number(key) === 0 ? this.get(name) : undefined;
  }

  /** All elements with their keys, in bash's order; a scalar has the key 0. */
  entries(name: string): [string, string][] {
    const variable = this.variable(name);
    if (variable?.map) return hashOrder(variable.map);
    if (variable?.list) {
      const entries: [string, string][] = [];
      variable.list.forEach((value, index) => entries.push([String(index), value]));
      return entries;
    }
    const list = variable ? undefined : this.dynamicLists.get(name);
    if (list) return list().map((value, index) => [String(index), value]);
    const value = this.get(name);
    return value === undefined ? [] : [['0', value]];
  }

  #writable(name: string): Variable {
    let variable = this.#variables.get(name);
    if (!variable) {
      variable = { value: undefined };
      this.#variables.set(name, variable);
    }
    if (variable.readonly) throw new ReadonlyVariable(name);
    return variable;
  }

  /** The variable `name` leads to, created when absent. Throws `ReadonlyVariable`. */
  declare(name: string): Variable {
    return this.#writable(this.resolve(name));
  }

  set(name: string, value: string): void {
    let variable = this.#variables.get(name);
    if (variable === undefined) {
      const dynamic = this.dynamic.get(name);
      if (dynamic) return dynamic.set?.(value);
      variable = { value };
      this.#variables.set(name, variable);
      this.onChange?.(name);
      return;
    }
    if (variable.reference) {
      if (variable.value === undefined) {
        variable.value = value;
        return;
      }
      const element = /^(\w+)\[(.*)\]$/.exec(variable.value);
      if (element) return this.setElement(element[1]!, element[2]!, value);
      return this.set(this.resolve(variable.value), value);
    }
    if (variable.readonly) throw new ReadonlyVariable(name);
    value = withLetters(variable, value);
    if (variable.list) variable.list[0] = value;
    else if (variable.map) variable.map.set('0', value);
    else variable.value = value;
    this.onChange?.(name);
  }

  setElement(name: string, key: string, value: string): void {
    const variable = this.declare(name);
    value = withLetters(variable, value);
    if (variable.map) {
      variable.map.set(key, value);
      return;
    }
    variable.list ??= variable.value === undefined ? [] : [variable.value];
    variable.value = undefined;
    const index = Number(key);
    variable.list[index < 0 ? variable.list.length + index : index] = value;
  }

  /** Replaces the whole array. */
  setList(name: string, values: string[]): void {
    const variable = this.declare(name);
    variable.value = undefined;
    variable.bare = false;
    if (variable.map) variable.map = new Map(values.map((value, index) => [String(index), value]));
    else variable.list = values.map((value) => withLetters(variable, value));
    this.onChange?.(name);
  }

  unset(name: string): void {
    const variable = this.#variables.get(name);
    if (variable?.readonly) throw new ReadonlyVariable(name);
    this.#variables.delete(name);
    this.dynamic.delete(name);
    this.onChange?.(name);
  }

  unsetElement(name: string, key: string): void {
    const variable = this.variable(name);
    if (variable?.map) variable.map.delete(key);
    else if (variable?.list) {
      const index = Number(key);
      const at = index < 0 ? variable.list.length + index : index;
      delete variable.list[at];
      if (at === variable.list.length - 1) {
        // The length is one more than the last index that is set.
        let length = at;
        while (length > 0 && !(length - 1 in variable.list)) length--;
        variable.list.length = length;
      }
    } else if (variable && Number(key) === 0) this.unset(name);
  }

  names(): string[] {
    return [...this.#variables.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  all(): IterableIterator<[string, Variable]> {
    return this.#variables.entries();
  }

  /** What child processes inherit. */
  environment(): Record<string, string> {
    const environment: Record<string, string> = {};
    for (const [name, variable] of this.#variables) {
      if (!variable.exported) continue;
      const value = this.get(name);
      if (value !== undefined && !variable.list && !variable.map) environment[name] = value;
    }
    return environment;
  }

  // ---- scopes

  get depth(): number {
    return this.#scopes.length;
  }

  pushScope(): void {
    this.#scopes.push(new Map());
  }

  popScope(): void {
    const scope = this.#scopes.pop()!;
    for (const [name, variable] of scope) {
      if (variable) this.#variables.set(name, variable);
      else this.#variables.delete(name);
      this.onChange?.(name);
    }
  }

  /** Makes `name` local to the innermost function. Returns the fresh variable. */
  local(name: string): Variable {
    const scope = this.#scopes.at(-1)!;
    const current = this.#variables.get(name);
    if (scope.has(name)) return current ?? this.#writable(name);
    if (current?.readonly) throw new ReadonlyVariable(name);
    scope.set(name, current);
    const fresh: Variable = { value: undefined, exported: current?.exported };
    this.#variables.set(name, fresh);
    return fresh;
  }

  /** The variable as it is now, to be put back by `restore` (`NAME=value command`). */
  save(name: string): Variable | undefined {
    const variable = this.#variables.get(name);
    return variable && { ...variable };
  }

  restore(name: string, saved: Variable | undefined): void {
    if (saved) this.#variables.set(name, saved);
    else this.#variables.delete(name);
    this.onChange?.(name);
  }
}

const HASH_BUCKETS = 1024;
const encoder = new TextEncoder();

/** FNV-1 of 32 bits over signed bytes, as bash hashes keys. */
function hashOf(key: string): number {
  let hash = 2166136261;
  for (const byte of encoder.encode(key)) hash = Math.imul(hash, 16777619) ^ ((byte << 24) >> 24);
  return hash >>> 0;
}

/**
 * The elements of an associative array in the order of bash's hash table: by bucket, the newest of a bucket first. The
 * table grows fourfold when it holds twice as many elements as it has buckets, which turns the buckets around.
 */
export function hashOrder(map: ReadonlyMap<string, string>): [string, string][] {
  if (map.size < 2) return [...map];
  interface Item {
    entry: [string, string];
    hash: number;
  }
  let size = HASH_BUCKETS;
  let buckets = new Map<number, Item[]>();
  const put = (item: Item) => {
    const bucket = buckets.get(item.hash % size);
    if (bucket) bucket.push(item);
    else buckets.set(item.hash % size, [item]);
  };
  const inOrder = () =>
    [...buckets.keys()].sort((a, b) => a - b).flatMap((at) => buckets.get(at)!.toReversed());
  let count = 0;
  for (const entry of map) {
    if (count++ >= size * 2) {
      const items = inOrder();
      size *= 4;
      buckets = new Map();
      for (const item of items) put(item);
    }
    put({ entry, hash: hashOf(entry[0]) });
  }
  return inOrder().map(({ entry }) => entry);
}

function withLetters(variable: Variable, value: string): string {
  if (variable.letters === 'lower') return value.toLowerCase();
  if (variable.letters === 'upper') return value.toUpperCase();
  return value;
}
