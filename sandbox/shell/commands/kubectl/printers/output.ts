/**
 * `-o`: how objects are printed (cli-runtime `genericclioptions.PrintFlags`). Verbs that change something
 * print `kind/name verb` without it. Formats that need a language of their own are loaded when asked for.
 */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { CommandError } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { toJson } from './json.ts';
import { toYaml } from './yaml.ts';

/** The text of an object, list (with `items`) or watch event. */
export type ObjectPrinter = (object: any) => string;

const FORMATS = [
  'json', 'yaml', 'kyaml', 'name', 'go-template', 'go-template-file', 'template', 'templatefile', 'jsonpath',
  'jsonpath-as-json', 'jsonpath-file',
] as const; // prettier-ignore

/** The flags of verbs that print what they made. */
export const OUTPUT_FLAGS: readonly Flag[] = [
  flag('output,o', '', `Output format. One of: (${FORMATS.join(', ')}).`),
  flag('allow-missing-template-keys', true, 'A field that a template names and an object lacks is no error.'),
  flag('show-managed-fields', false, 'Keep metadata.managedFields in JSON and YAML.'),
  flag('template', '', 'Template, or path of one, for -o=go-template and -o=go-template-file.'),
];

/** @param more formats that the verb knows besides (`wide`). */
export async function outputPrinter(
  invocation: Invocation,
  more: readonly string[] = [],
): Promise<ObjectPrinter | undefined> {
  const { flags } = invocation;
  let output = flags.string('output');
  const template = flags.has('template') ? flags.string('template') : '';
  if (!output && template) output = 'go-template';
  if (!output) return undefined;
  const equals = output.indexOf('=');
  const format = equals < 0 ? output : output.slice(0, equals);
  const argument = equals < 0 ? template : output.slice(equals + 1);
  const { process } = invocation;
  const missing = flags.has('allow-missing-template-keys') ? flags.bool('allow-missing-template-keys') : true;
  const readTemplate = (path: string) => {
    try {
      return process.readTextFile(path);
    } catch {
      throw new CommandError(`error reading --template ${path}, open ${path}: no such file or directory\n`);
    }
  };
  switch (format) {
    case 'json':
      return (object) => toJson(strip(invocation, object));
    case 'yaml': {
      let first = true;
      return (object) => {
        const separator = first ? '' : '---\n';
        first = false;
        return separator + toYaml(strip(invocation, object));
      };
    }
    case 'kyaml': {
      const { toKyaml } = await process.wait(import('./kyaml.ts'));
      return (object) => toKyaml(strip(invocation, object));
    }
    case 'name':
      return (object) => eachObject(object, nameOf);
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'jsonpath-file': {
      const { JsonPath } = await process.wait(import('../jsonpath.ts'));
      if (!argument) throw new CommandError(`template format specified but no template given`);
      const text = format === 'jsonpath-file' ? readTemplate(argument) : argument;
      const path = new JsonPath(text, { allowMissingKeys: missing });
      return (object) => (format === 'jsonpath-as-json' ? path.executeAsJson(object) : path.execute(object));
    }
    case 'go-template':
    case 'template':
    case 'go-template-file':
    case 'templatefile': {
      const { GoTemplate } = await process.wait(import('../go-template.ts'));
      if (!argument) throw new CommandError(`template format specified but no template given`);
      const text = format.endsWith('file') ? readTemplate(argument) : argument;
      const compiled = new GoTemplate(text);
      return (object) => compiled.execute(object);
    }
    case 'custom-columns':
    case 'custom-columns-file': {
      if (!more.includes('custom-columns')) break;
      const { customColumns } = await process.wait(import('./custom-columns.ts'));
      return customColumns(invocation, format, argument);
    }
  }
  const allowed = [...FORMATS, ...more].sort().join(',');
  throw new CommandError(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${allowed}`,
  );
}

/** `pod/web`, `deployment.apps/web`. */
export function objectName(object: KubernetesObject): string {
  const apiVersion = object.apiVersion ?? '';
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return `${(object.kind ?? '').toLowerCase()}${group}/${object.metadata?.name || '<unknown>'}`;
}

const nameOf = (object: KubernetesObject) => `${objectName(object)}\n`;

const eachObject = (object: any, print: (object: KubernetesObject) => string): string =>
  Array.isArray(object.items) && object.kind?.endsWith('List')
    ? object.items.map(print).join('')
    : print(object.type && object.object ? object.object : object);

/** Without managedFields, unless they were asked for. */
function strip(invocation: Invocation, object: any): any {
  if (invocation.flags.has('show-managed-fields') && invocation.flags.bool('show-managed-fields'))
    return object;
  const one = (item: any) => {
    if (!item?.metadata?.managedFields) return item;
    const { managedFields: _, ...metadata } = item.metadata;
    return { ...item, metadata };
  };
  if (object?.type && object.object) return { ...object, object: one(object.object) };
  return Array.isArray(object?.items) ? { ...one(object), items: object.items.map(one) } : one(object);
}

/** What a dry run adds to the line that says what was done. */
export type DryRun = 'none' | 'client' | 'server';

/** Prints `pod/web created`, or the object where `-o` asks for it. */
export class ResultPrinter {
  readonly #invocation: Invocation;
  readonly #printer: ObjectPrinter | undefined;
  readonly #suffix: string;

  private constructor(invocation: Invocation, printer: ObjectPrinter | undefined, dryRun: DryRun) {
    this.#invocation = invocation;
    this.#printer = printer;
    this.#suffix = dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : '';
  }

  static async create(invocation: Invocation, dryRun: DryRun): Promise<ResultPrinter> {
    return new ResultPrinter(invocation, await outputPrinter(invocation), dryRun);
  }

  /** Whether objects themselves are printed. */
  get printsObjects(): boolean {
    return this.#printer !== undefined && this.#invocation.flags.string('output') !== 'name';
  }

  async print(object: KubernetesObject, operation: string): Promise<void> {
    await this.#invocation.print(
      this.#printer ? this.#printer(object) : `${objectName(object)} ${operation}${this.#suffix}\n`,
    );
  }

  text(object: any): string {
    return this.#printer!(object);
  }
}
