/** Binary operators: which element of one vector meets which of the other, and what becomes of their labels. */
import { isComparison, isSetOperator, type BinaryExpression } from './expression.ts';
import { Labels, METRIC_NAME } from './labels.ts';
import { binaryNumber, compareNumbers } from './number-functions.ts';
import { PromQLError, type Sample } from './value.ts';

export class VectorMatcher {
  readonly #expression: BinaryExpression;
  /** Labels that two elements must share to meet. */
  readonly #matched: (labels: Labels) => Labels;
  readonly #signatures = new WeakMap<Labels, Labels>();
  readonly #results = new WeakMap<Labels, WeakMap<Labels, Labels>>();

  constructor(expression: BinaryExpression) {
    this.#expression = expression;
    const { on, labels } = expression.matching;
    const names = new Set(on ? labels : [...labels, METRIC_NAME]);
    this.#matched = on ? (set) => set.keep(names) : (set) => set.without(names);
  }

  evaluate(left: readonly Sample[], right: readonly Sample[]): Sample[] {
    const { operator } = this.#expression;
    if (!isSetOperator(operator)) return this.#combine(left, right);
    if (operator === 'or') {
      const taken = this.#signaturesOf(left);
      return [...left, ...right.filter(({ labels }) => !taken.has(this.#signature(labels)))];
    }
    const there = this.#signaturesOf(right);
    return left.filter(({ labels }) => there.has(this.#signature(labels)) === (operator === 'and'));
  }

  #combine(left: readonly Sample[], right: readonly Sample[]): Sample[] {
    if (left.length === 0 || right.length === 0) return [];
    const { operator, returnBool, matching } = this.#expression;
    const isSwapped = matching.cardinality === 'one-to-many';
    const [many, one] = isSwapped ? [right, left] : [left, right];
    const ones = this.#uniqueOnes(one, isSwapped ? 'left' : 'right');
    const used = new Map<string, Set<string>>();
    const out: Sample[] = [];
    for (const sample of many) {
      const signature = this.#signature(sample.labels);
      const partner = ones.get(signature);
      if (!partner) continue;
      const [a, b] = isSwapped ? [partner.value, sample.value] : [sample.value, partner.value];
      const labels = this.#resultLabels(sample.labels, partner.labels);
      this.#refuseSecondMatch(used, signature, labels);
      if (!isComparison(operator)) out.push({ labels, value: binaryNumber(operator, a, b) });
      else if (returnBool) out.push({ labels, value: compareNumbers(operator, a, b) ? 1 : 0 });
      else if (compareNumbers(operator, a, b)) out.push({ labels, value: a });
    }
    return out;
  }

  #uniqueOnes(one: readonly Sample[], side: 'left' | 'right'): Map<string, Sample> {
    const ones = new Map<string, Sample>();
    for (const sample of one) {
      const signature = this.#signature(sample.labels);
      const other = ones.get(signature);
      if (other) {
        const names = new Set(this.#expression.matching.labels);
        const { on } = this.#expression.matching;
        const group = on ? sample.labels.keep(names) : this.#matched(sample.labels);
        const pair = [sample.labels.toString(), other.labels.toString()].sort();
        throw new PromQLError(
          `found duplicate series for the match group ${group.toString()} on the ${side} hand-side of the operation: ` +
            `[${pair.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
        );
      }
      ones.set(signature, sample);
    }
    return ones;
  }

  #refuseSecondMatch(used: Map<string, Set<string>>, signature: string, labels: Labels): void {
    let results = used.get(signature);
    if (!results) used.set(signature, (results = new Set()));
    else if (this.#expression.matching.cardinality === 'one-to-one')
      throw new PromQLError(
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
      );
    else if (results.has(labels.key))
      throw new PromQLError('multiple matches for labels: grouping labels must ensure unique matches');
    results.add(labels.key);
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    let byOne = this.#results.get(many);
    if (!byOne) this.#results.set(many, (byOne = new WeakMap()));
    let labels = byOne.get(one);
    if (!labels) byOne.set(one, (labels = this.#makeLabels(many, one)));
    return labels;
  }

  #makeLabels(many: Labels, one: Labels): Labels {
    const { operator, returnBool, matching } = this.#expression;
    let labels = isComparison(operator) && !returnBool ? many : many.withoutMetricName();
    if (matching.cardinality === 'one-to-one') {
      const names = new Set(matching.labels);
      labels = matching.on ? labels.keep(names) : labels.without(names);
    }
    for (const name of matching.include) labels = labels.with(name, one.get(name));
    return labels;
  }

  #signaturesOf(samples: readonly Sample[]): Set<string> {
    return new Set(samples.map(({ labels }) => this.#signature(labels)));
  }

  #signature(labels: Labels): string {
    let matched = this.#signatures.get(labels);
    if (!matched) this.#signatures.set(labels, (matched = this.#matched(labels)));
    return matched.key;
  }
}
