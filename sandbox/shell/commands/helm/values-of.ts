/**
 * The values of a release: the chart's, below those of its parents, below what the command line gives with `-f`,
 * `--set` and its like (`pkg/strvals`), with conditions, tags, imports and globals of subcharts.
 */
import type { Chart, Dependency } from './chart.ts';
import { HelmError } from './chart.ts';
import { satisfies, parseVersion } from './template/semantic-version.ts';
import { isMap, type GoMap } from '../../go-template/values.ts';
import { deepCopy } from './template/collection-functions.ts';

/** `over` on top of `base`; a null in `over` takes the key away. Neither is changed. */
export function coalesce(base: GoMap, over: GoMap): GoMap {
  const out: GoMap = { ...(deepCopy(base) as GoMap) };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else if (isMap(value) && isMap(out[key])) out[key] = coalesce(out[key], value);
    else out[key] = deepCopy(value);
  }
  return out;
}

/** `-f` over `-f`: as `coalesce`, but a null stays to take away what the chart has. */
export function overlay(base: GoMap, over: GoMap): GoMap {
  const out: GoMap = { ...base };
  for (const [key, value] of Object.entries(over))
    out[key] = isMap(value) && isMap(out[key]) ? overlay(out[key], value) : value;
  return out;
}

/** Values for the chart and, below their names, for its subcharts. */
export function coalesceValues(chart: Chart, given: GoMap): GoMap {
  const out = coalesce(chart.values, given);
  for (const child of chart.dependencies) {
    const { name } = child.metadata;
    if (out[name] !== undefined && !isMap(out[name]))
      throw new HelmError(`type mismatch on ${name}: ${JSON.stringify(out[name])}`);
    const own: GoMap = { ...(out[name] as GoMap | undefined) };
    const globals = isMap(out['global']) ? out['global'] : {};
    own['global'] = coalesce(isMap(own['global']) ? own['global'] : {}, globals);
    out[name] = coalesceValues(child, own);
  }
  return out;
}

/** Drops subcharts that conditions or tags turn off, names aliases, imports values. Changes the chart. */
export function processDependencies(chart: Chart, given: GoMap): void {
  const declared = chart.metadata.dependencies ?? [];
  const kept: Chart[] = [];
  for (const child of chart.dependencies) {
    const named = declared.filter(
      ({ name, version }) => name === child.metadata.name && fits(version, child),
    );
    if (named.length === 0) {
      if (!declared.some(({ name }) => name === child.metadata.name)) kept.push(child);
      continue;
    }
    for (const dependency of named)
      kept.push(
        dependency.alias ? { ...child, metadata: { ...child.metadata, name: dependency.alias } } : child,
      );
  }
  chart.dependencies = kept;
  const values = coalesceValues(chart, given);
  chart.dependencies = kept.filter(({ metadata: { name } }) => {
    const dependency = declared.find((each) => (each.alias ?? each.name) === name);
    return !dependency || enabled(dependency, values);
  });
  for (const child of chart.dependencies) {
    const { name } = child.metadata;
    processDependencies(child, isMap(values[name]) ? values[name] : {});
  }
  for (const dependency of declared) importValues(chart, dependency);
}

function fits(constraint: string | undefined, { metadata }: Chart): boolean {
  const version = parseVersion(metadata.version);
  return !constraint || !version || satisfies(constraint, version) !== false;
}

function enabled({ condition, tags }: Dependency, values: GoMap): boolean {
  for (const path of condition?.split(',') ?? []) {
    const value = at(values, path.trim());
    if (typeof value === 'boolean') return value;
  }
  const chosen = (tags ?? [])
    .map((tag) => at(values, `tags.${tag}`))
    .filter((value) => typeof value === 'boolean');
  return chosen.length === 0 || chosen.includes(true);
}

const at = (values: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), values);

function importValues(chart: Chart, dependency: Dependency): void {
  const child = chart.dependencies.find(
    ({ metadata }) => metadata.name === (dependency.alias ?? dependency.name),
  );
  if (!child) return;
  for (const entry of dependency['import-values'] ?? []) {
    const [source, target] =
      typeof entry === 'string'
        ? [`exports.${entry}`, '']
        : [entry.child, entry.parent === '.' ? '' : entry.parent];
    const found = at(child.values, source);
    if (!isMap(found)) continue;
    const nested = target
      .split('.')
      .filter(Boolean)
      .reduceRight<GoMap>((inner, key) => ({ [key]: inner }), found);
    chart.values = coalesce(nested, chart.values);
  }
}

export type SetKind = 'set' | 'set-string' | 'set-literal';

/** Applies `a.b[0]=c,d=e` to `values`, in place. */
export function setValues(values: GoMap, text: string, kind: SetKind): void {
  const flag = `--${kind}`;
  if (kind === 'set-literal') {
    const equals = text.indexOf('=');
    if (equals < 0)
      throw new HelmError(`failed parsing ${flag} data: key ${JSON.stringify(text)} has no value`);
    assign(values, pathOf(text.slice(0, equals)), text.slice(equals + 1));
    return;
  }
  for (const pair of splitOutside(text, ',')) {
    const [key = '', ...rest] = splitOutside(pair, '=');
    if (rest.length === 0)
      throw new HelmError(`failed parsing ${flag} data: key ${JSON.stringify(pair)} has no value`);
    assign(values, pathOf(key), valueOf(rest.join('='), kind === 'set-string'));
  }
}

/** `--set-json`: a whole object, or `key=JSON` pairs. */
export function setJson(values: GoMap, text: string): GoMap {
  const parse = (source: string): unknown => {
    try {
      return JSON.parse(source);
    } catch {
      throw new HelmError(`failed parsing --set-json data ${text}`);
    }
  };
  if (text.trimStart().startsWith('{')) return overlay(values, parse(text) as GoMap);
  let rest = text;
  while (rest) {
    const equals = rest.indexOf('=');
    if (equals < 0) throw new HelmError(`failed parsing --set-json data ${text}`);
    const key = rest.slice(0, equals);
    const [source] = splitJson(rest.slice(equals + 1));
    assign(values, pathOf(key), parse(source));
    rest = rest.slice(equals + 1 + source.length).replace(/^,/, '');
  }
  return values;
}

/** The text up to the first comma outside of brackets and quotes. */
function splitJson(text: string): [string] {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if ('{['.includes(char)) depth++;
    else if ('}]'.includes(char)) depth--;
    else if (char === ',' && depth === 0) return [text.slice(0, at)];
  }
  return [text];
}

/** Splits where the separator is neither escaped nor inside of braces. */
function splitOutside(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\') parts[parts.length - 1] += char + (text[++at] ?? '');
    else if (char === separator && depth === 0) parts.push('');
    else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      parts[parts.length - 1] += char;
    }
  }
  return parts;
}

const unescape = (text: string) => text.replace(/\\(.)/gs, '$1');

function pathOf(key: string): (string | number)[] {
  return splitOutside(key, '.').flatMap((part) => {
    const match = /^(.*?)((?:\[\d+\])*)$/s.exec(part)!;
    const name = match[1] ? [unescape(match[1])] : [];
    return [...name, ...[...match[2]!.matchAll(/\d+/g)].map(([digits]) => Number(digits))];
  });
}

function valueOf(text: string, asString: boolean): unknown {
  if (text.startsWith('{') && text.endsWith('}')) {
    const inner = text.slice(1, -1);
    return inner === '' ? [] : splitOutside(inner, ',').map((item) => valueOf(item, asString));
  }
  const plain = unescape(text);
  if (asString) return plain;
  if (plain === 'true' || plain === 'false') return plain === 'true';
  if (plain === 'null') return null;
  return /^(0|-?[1-9]\d*)$/.test(plain) ? BigInt(plain) : plain;
}

function assign(values: GoMap, path: readonly (string | number)[], value: unknown): void {
  let holder: any = values;
  path.forEach((step, index) => {
    if (index === path.length - 1) holder[step] = value;
    else {
      const next = path[index + 1];
      const fits = typeof next === 'number' ? Array.isArray(holder[step]) : isMap(holder[step]);
      if (!fits) holder[step] = typeof next === 'number' ? [] : {};
      holder = holder[step];
    }
  });
}
