/** git's configuration: sections, subsections, keys; `~/.gitconfig` below `.git/config` below `-c`. */
import { encode } from '../../../core/bytes.ts';
import type { Process } from '../../../os/process.ts';
import { Fatal } from './problems.ts';

interface Setting {
  /** `section.subsection.key`, the first and the last in lower case. */
  name: string;
  value: string;
  /** Line of the file, from 0. */
  line: number;
}

export class ConfigFile {
  readonly #process: Process;
  readonly path: string;

  constructor(process: Process, path: string) {
    this.#process = process;
    this.path = path;
  }

  #lines(): string[] {
    try {
      return this.#process.readTextFile(this.path).split('\n');
    } catch {
      return [];
    }
  }

  get settings(): Setting[] {
    const settings: Setting[] = [];
    let section = '';
    this.#lines().forEach((text, line) => {
      const head = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(text);
      if (head)
        section =
          head[1]!.toLowerCase() + (head[2] === undefined ? '' : `.${head[2].replace(/\\(.)/g, '$1')}`);
      const rest = head ? text.slice(head[0].length) : text;
      const setting = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(rest);
      if (setting)
        settings.push({
          name: `${section}.${setting[1]!.toLowerCase()}`,
          value: valueOf(setting[2] ?? 'true'),
          line,
        });
      else if (rest.trim() !== '' && !/^\s*[#;]/.test(rest))
        throw new Fatal(`bad config line ${line + 1} in file ${this.path}`);
    });
    return settings;
  }

  /** Replaces the last value of `name`, or adds it. */
  set(name: string, value: string, add = false): void {
    const lines = this.#lines();
    if (lines.at(-1) === '') lines.pop();
    const key = name.slice(name.lastIndexOf('.') + 1);
    const text = `\t${key} = ${escaped(value)}`;
    const there = this.settings.findLast((each) => each.name === canonical(name));
    if (there && !add) lines[there.line] = text;
    else {
      const header = headerOf(name);
      const last = this.#lastLineOf(lines, header);
      if (last === undefined) lines.push(header, text);
      else lines.splice(last + 1, 0, text);
    }
    this.#write(lines);
  }

  /** Takes `name` out; false when it was not there. */
  unset(name: string): boolean {
    const gone = new Set(
      this.settings.filter((each) => each.name === canonical(name)).map(({ line }) => line),
    );
    if (gone.size === 0) return false;
    const lines = this.#lines().filter((_, line) => !gone.has(line));
    // A section that this empties goes, too.
    const header = lines.indexOf(headerOf(name));
    if (header >= 0 && (lines[header + 1] ?? '').trim() === '') lines.splice(header, 1);
    else if (header >= 0 && lines[header + 1]!.startsWith('[')) lines.splice(header, 1);
    if (lines.at(-1) === '') lines.pop();
    this.#write(lines);
    return true;
  }

  /** Takes out `[section "name"]` whole, or gives it another header. */
  editSection(section: string, rename?: string): void {
    const header = headerOf(`${section}.x`);
    const out: string[] = [];
    let inside = false;
    for (const line of this.#lines()) {
      if (line.startsWith('[')) {
        inside = line === header;
        if (inside && rename !== undefined) out.push(headerOf(`${rename}.x`));
        if (inside) continue;
      }
      if (!inside || rename !== undefined) out.push(line);
    }
    if (out.at(-1) === '') out.pop();
    this.#write(out);
  }

  #lastLineOf(lines: readonly string[], header: string): number | undefined {
    const start = lines.indexOf(header);
    if (start < 0) return undefined;
    let end = start;
    while (end + 1 < lines.length && !lines[end + 1]!.startsWith('[')) end++;
    return end;
  }

  #write(lines: readonly string[]): void {
    this.#process.fileSystem.writeFile(this.path, encode(lines.length === 0 ? '' : `${lines.join('\n')}\n`));
  }
}

/** All of it together, the nearest first. */
export class Config {
  readonly #layers: { origin: string; settings: readonly Setting[] }[];
  readonly global: ConfigFile;
  readonly local: ConfigFile | undefined;

  /** @param overrides `name=value` of -c */
  constructor(process: Process, directory: string | undefined, overrides: readonly string[]) {
    this.global = new ConfigFile(
      process,
      process.environment['GIT_CONFIG_GLOBAL'] ?? `${process.environment['HOME'] ?? '/root'}/.gitconfig`,
    );
    this.local = directory === undefined ? undefined : new ConfigFile(process, `${directory}/config`);
    this.#layers = [
      {
        origin: 'command line:',
        settings: [...fromEnvironment(process), ...overrides].map((each) => {
          const equals = each.indexOf('=');
          return {
            name: canonical(equals < 0 ? each : each.slice(0, equals)),
            value: equals < 0 ? 'true' : each.slice(equals + 1),
            line: 0,
          };
        }),
      },
      ...[this.local, this.global].flatMap((file) =>
        file ? [{ origin: `file:${file.path}`, settings: file.settings }] : [],
      ),
    ];
  }

  get(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  /** The farthest first, as git lists them. */
  all(name: string): string[] {
    return this.list.filter((each) => each.name === canonical(name)).map(({ value }) => value);
  }

  get list(): readonly { name: string; value: string; origin: string }[] {
    return [...this.#layers]
      .reverse()
      .flatMap(({ origin, settings }) => settings.map(({ name, value }) => ({ name, value, origin })));
  }
}

/** `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_0`, `GIT_CONFIG_VALUE_0`, … as `name=value`. */
const fromEnvironment = ({ environment }: Process): string[] =>
  Array.from(
    { length: Number(environment['GIT_CONFIG_COUNT'] ?? 0) || 0 },
    (_, i) => `${environment[`GIT_CONFIG_KEY_${i}`]}=${environment[`GIT_CONFIG_VALUE_${i}`]}`,
  );

/** The first and the last part in lower case; fails without a section. */
export function canonical(name: string): string {
  const [first, last] = [name.indexOf('.'), name.lastIndexOf('.')];
  if (first < 0) throw new Fatal(`key does not contain a section: ${name}`, 1);
  return name.slice(0, first).toLowerCase() + name.slice(first, last) + name.slice(last).toLowerCase();
}

function headerOf(name: string): string {
  const [section, ...middle] = name.split('.').slice(0, -1);
  return middle.length === 0
    ? `[${section}]`
    : `[${section} "${middle.join('.').replace(/["\\]/g, '\\$&')}"]`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

function valueOf(text: string): string {
  let [out, quoted, kept] = ['', false, 0];
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') {
      const next = text[++i] ?? '';
      out += ESCAPES[next] ?? next;
      kept = out.length;
    } else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '#' || char === ';')) break;
    else {
      out += char;
      if (quoted || char !== ' ') kept = out.length;
    }
  }
  return out.slice(0, kept);
}

const escaped = (value: string): string => {
  const text = value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return /^\s|\s$|[#;]/.test(value) ? `"${text}"` : text;
};
