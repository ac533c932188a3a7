/** Rule files: groups of recording and alerting rules, as `promtool check rules` takes them. */
import type { Expression } from '../../../promql/expression.ts';
import { PromQLParseError } from '../../../promql/parse-error.ts';
import { parsePromQL } from '../../../promql/parse.ts';
import { ConfigurationError, YamlReader } from './configuration.ts';

export interface RecordingRule {
  kind: 'recording';
  record: string;
  query: string;
  labels: Readonly<Record<string, string>>;
}

export interface AlertingRule {
  kind: 'alerting';
  alert: string;
  query: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** How long it has to be true. */
  forMs: number;
  /** How long it goes on firing when it is true no more. */
  keepFiringForMs: number;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  name: string;
  file: string;
  intervalMs: number;
  labels: Readonly<Record<string, string>>;
  rules: readonly Rule[];
}

const RULE_FIELDS = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];
const GROUP_FIELDS = ['name', 'interval', 'limit', 'query_offset', 'labels', 'rules'];

/** Throws `ConfigurationError`. */
export function parseRuleFile(file: string, text: string, defaultIntervalMs: number): RuleGroup[] {
  const reader = new YamlReader(text);
  const top = reader.fields(reader.document(), 'rulefmt.RuleGroups', ['groups', 'namespace']);
  const names = new Set<string>();
  return reader.list(top['groups']).map((item) => {
    const fields = reader.fields(item, 'rulefmt.RuleGroup', GROUP_FIELDS);
    const name = String(fields['name'] ?? '');
    if (name === '') throw new ConfigurationError('Groupname must not be empty');
    if (names.has(name)) throw new ConfigurationError(`groupname: "${name}" is repeated in the same file`);
    names.add(name);
    return {
      name,
      file,
      intervalMs: reader.duration(fields['interval']) ?? defaultIntervalMs,
      labels: reader.texts(fields['labels']),
      rules: reader.list(fields['rules']).map((rule, index) => ruleOf(reader, name, index + 1, rule)),
    };
  });
}

function ruleOf(reader: YamlReader, group: string, number: number, item: unknown): Rule {
  const fields = reader.fields(item, 'rulefmt.Rule', RULE_FIELDS);
  const name = String(fields['record'] ?? fields['alert'] ?? '');
  const refuse = (reason: string): never => {
    throw new ConfigurationError(`group "${group}", rule ${number}, "${name}": ${reason}`);
  };
  if (fields['record'] && fields['alert']) refuse("only one of 'record' and 'alert' must be set");
  if (name === '') refuse("one of 'record' or 'alert' must be set");
  const query = String(fields['expr'] ?? '');
  if (query.trim() === '') refuse("field 'expr' must be set in rule");
  try {
    parsePromQL(query) satisfies Expression;
  } catch (error) {
    if (error instanceof PromQLParseError) refuse(`could not parse expression: ${error.message}`);
    throw error;
  }
  const labels = reader.texts(fields['labels']);
  if (fields['record']) {
    if (fields['annotations']) refuse("invalid field 'annotations' in recording rule");
    if (fields['for']) refuse("invalid field 'for' in recording rule");
    if (!/^[A-Za-z_:][\w:]*$/.test(name)) refuse(`invalid recording rule name: ${name}`);
    return { kind: 'recording', record: name, query, labels };
  }
  return {
    kind: 'alerting',
    alert: name,
    query,
    labels,
    annotations: reader.texts(fields['annotations']),
    forMs: reader.duration(fields['for']) ?? 0,
    keepFiringForMs: reader.duration(fields['keep_firing_for']) ?? 0,
  };
}
