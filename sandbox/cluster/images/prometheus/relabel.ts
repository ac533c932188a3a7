/**
 * Relabelling: rules that rewrite a target's labels before it is scraped, and a series' before it is stored
 * (Prometheus' `model/relabel`). Left out: `hashmod`.
 */
import type { Labels } from '../../../promql/labels.ts';
import { replacer } from '../../../promql/regex-replacement.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One rule, as in the configuration, with its defaults filled in. */
export interface RelabelConfig {
  action: RelabelAction;
  sourceLabels: readonly string[];
  separator: string;
  regex: string;
  targetLabel: string;
  replacement: string;
}

/** What a rule makes of labels; undefined: the target or series is dropped. */
export type Relabelling = (labels: Labels) => Labels | undefined;

/** Compiles rules. Throws `Error` with the reason when a pattern is not one. */
export function relabelling(configs: readonly RelabelConfig[]): Relabelling {
  const steps = configs.map(stepOf);
  return (labels) => {
    let current: Labels | undefined = labels;
    for (const step of steps) {
      current = step(current);
      if (!current) return undefined;
    }
    return current;
  };
}

function stepOf(config: RelabelConfig): Relabelling {
  const { action, sourceLabels, separator, targetLabel } = config;
  const refuse = (message: string): never => {
    throw new Error(message);
  };
  const replace = replacer(config.regex, config.replacement, refuse);
  const source = (labels: Labels) => sourceLabels.map((name) => labels.get(name)).join(separator);
  const matches = (text: string) => replace(text) !== undefined;
  const filtered = (labels: Labels, keeps: (name: string) => boolean) =>
    labels.keep(new Set(labels.pairs.map(([name]) => name).filter(keeps)));
  switch (action) {
    case 'keep':
      return (labels) => (matches(source(labels)) ? labels : undefined);
    case 'drop':
      return (labels) => (matches(source(labels)) ? undefined : labels);
    case 'keepequal':
      return (labels) => (labels.get(targetLabel) === source(labels) ? labels : undefined);
    case 'dropequal':
      return (labels) => (labels.get(targetLabel) === source(labels) ? undefined : labels);
    case 'lowercase':
      return (labels) => labels.with(targetLabel, source(labels).toLowerCase());
    case 'uppercase':
      return (labels) => labels.with(targetLabel, source(labels).toUpperCase());
    case 'labeldrop':
      return (labels) => filtered(labels, (name) => !matches(name));
    case 'labelkeep':
      return (labels) => filtered(labels, matches);
    case 'labelmap':
      return (labels) => {
        let mapped = labels;
        for (const [name, value] of labels.pairs) {
          const target = replace(name);
          if (target) mapped = mapped.with(target, value);
        }
        return mapped;
      };
    case 'replace': {
      const target = replacer(config.regex, targetLabel, refuse);
      return (labels) => {
        const text = source(labels);
        const value = replace(text);
        const name = value === undefined ? undefined : target(text);
        return name ? labels.with(name, value!) : labels;
      };
    }
  }
}
