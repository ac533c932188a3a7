/**
 * `kubectl get` (`kubectl/pkg/cmd/get`): tables from the server, objects in every output format, watches.
 */
import { humanAge } from '../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Query } from './api.ts';
import type { Command } from './command.ts';
import { groupKind, resourcePath, type Mapping } from './discovery.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { outputPrinter, OUTPUT_FLAGS, type ObjectPrinter } from './printers/output.ts';
import { TablePrinter, type Table, type TableOptions } from './printers/table.ts';
import { find, withType, type Info, type Selection } from './resource-builder.ts';
import {
  ALL_NAMESPACES_FLAG,
  FIELD_SELECTOR_FLAG,
  filenameFlags,
  filenamesOf,
  SELECTOR_FLAG,
} from './selection-flags.ts';
import { TABLE, TabWriter } from './tab-writer.ts';

export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

const FORMATS =
  'json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide';

export const command: Command = {
  use: `[(-o|--output=)${FORMATS}] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]`,
  short: 'Display one or many resources',
  long: `Display one or many resources.

 Prints a table with what matters most about each. Choose with a label selector, a field selector or names. Resources of a namespace are looked for in the current one, unless another (-n) or all (-A) are asked for.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: [
    ['All pods of the namespace', 'kubectl get pods'],
    ['The same with nodes and addresses', 'kubectl get pods -o wide'],
    ['One deployment as YAML', 'kubectl get deployment web -o yaml'],
    ['Pods with a label, following their changes', 'kubectl get pods -l app=web --watch'],
    ['Deployments and services together', 'kubectl get deployments,services'],
    ['Only one value', "kubectl get pod web -o jsonpath='{.status.phase}'"],
    [
      'Columns of your own',
      'kubectl get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image',
    ],
  ],
  flags: [
    ...OUTPUT_FLAGS.filter((known) => known.name !== 'output'),
    flag('output,o', '', `Output format. One of: (${FORMATS.replaceAll('|', ', ')}).`),
    flag('raw', '', 'Path to ask the server for, e.g. /api/v1/nodes.'),
    flag('watch,w', false, 'After the list, follow changes.'),
    flag('watch-only', false, 'Follow changes without the list first.'),
    flag('output-watch-events', false, 'Print the event with each object of --watch or --watch-only.'),
    flag('ignore-not-found', false, 'An object that does not exist is no error.'),
    ALL_NAMESPACES_FLAG,
    FIELD_SELECTOR_FLAG,
    SELECTOR_FLAG,
    flag('chunk-size', 500, 'Ask for long lists in pieces of this many; 0 asks for all at once.'),
    flag('no-headers', false, 'Print no header line.'),
    flag('label-columns,L', [], 'Labels to show as columns.', { kind: 'strings' }),
    flag('show-labels', false, 'Show all labels in the last column.'),
    flag('show-kind', false, 'Show the kind before each name.'),
    flag('server-print', true, 'Let the server format the table.'),
    flag('sort-by', '', "JSONPath of the field to sort by (e.g. '{.metadata.name}')."),
    flag('subresource', '', 'Subresource to get (status, scale).'),
    ...filenameFlags('with what to get.'),
  ],
  run: (invocation) => new Get(invocation).run(),
};

class Get {
  readonly #invocation: Invocation;
  readonly #human: boolean;
  readonly #sortBy: string;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    const { flags } = invocation;
    const output = flags.string('output');
    this.#human = (output === '' && flags.string('template') === '') || output === 'wide';
    this.#sortBy = flags.string('sort-by');
  }

  async run(): Promise<void> {
    const { flags, args } = this.#invocation;
    const raw = flags.string('raw');
    if (raw) {
      if (args.length > 0) throw new CommandError('arguments may not be passed when --raw is specified');
      return this.#raw(raw);
    }
    await this.#complete();
    this.#validate();
    const named =
      args.length > 1 || args.some((arg) => arg.includes('/')) || flags.list('filename').length > 0;
    if (flags.string('subresource') && !named)
      throw new CommandError('subresource cannot be used when bulk resources are specified');
    if (flags.bool('watch') || flags.bool('watch-only')) return this.#watch();
    return this.#human ? this.#printTables() : this.#printObjects();
  }

  async #complete(): Promise<void> {
    const { flags, args } = this.#invocation;
    if (flags.bool('watch')) {
      if (this.#sortBy)
        await this.#invocation.printError(
          'warning: --watch requested, --sort-by will be ignored for watch events received\n',
        );
    } else if (flags.bool('watch-only')) {
      if (this.#sortBy)
        await this.#invocation.printError('warning: --watch-only requested, --sort-by will be ignored\n');
    } else if (args.length === 0 && filenamesOf(this.#invocation).filenames.length === 0) {
      await this.#invocation.printError(
        'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
      );
      throw this.#invocation.usage(
        'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
      );
    }
  }

  #validate(): void {
    const { flags } = this.#invocation;
    const output = flags.string('output');
    if (flags.bool('show-labels') && output && output !== 'wide')
      throw new CommandError(`--show-labels option cannot be used with ${output} printer`);
    if (flags.list('label-columns').length > 0 && output.startsWith('custom-columns'))
      throw new CommandError(`--label-columns option cannot be used with ${output} printer`);
    if (flags.bool('output-watch-events') && !flags.bool('watch') && !flags.bool('watch-only'))
      throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only');
  }

  async #raw(path: string): Promise<void> {
    const { flags } = this.#invocation;
    if (flags.bool('watch') || flags.bool('watch-only') || flags.string('selector'))
      throw new CommandError(
        '--raw may not be specified with other flags that filter the server request or alter the output',
      );
    if (flags.string('output')) throw new CommandError('--raw and --output are mutually exclusive');
    if (!path.startsWith('/'))
      throw new CommandError(
        `--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`,
      );
    for await (const chunk of this.#invocation.api.stream(path, undefined, 'application/json, */*'))
      await this.#invocation.print(chunk);
  }

  #selection(): Selection {
    const { flags, args } = this.#invocation;
    const accept = this.#human && flags.bool('server-print') ? TABLE_ACCEPT : undefined;
    const query: Query = {};
    if (accept && this.#sortBy) query['includeObject'] = 'Object';
    if (this.#sortBy || flags.int('chunk-size') !== 500)
      query['limit'] = this.#sortBy || flags.int('chunk-size') === 0 ? undefined : flags.int('chunk-size');
    return {
      args,
      ...filenamesOf(this.#invocation),
      labelSelector: flags.string('selector'),
      fieldSelector: flags.string('field-selector'),
      allNamespaces: flags.bool('all-namespaces'),
      subresource: flags.string('subresource'),
      latest: true,
      request: { ...(accept ? { accept } : {}), query },
    };
  }

  #tableOptions(mapping: Mapping, withKind: boolean): TableOptions {
    const { flags } = this.#invocation;
    return {
      wide: flags.string('output') === 'wide',
      noHeaders: flags.bool('no-headers'),
      withNamespace: flags.bool('all-namespaces') && mapping.namespaced,
      showLabels: flags.bool('show-labels'),
      labelColumns: flags.list('label-columns'),
      ...(withKind || flags.bool('show-kind') ? { kind: groupKind(mapping) } : {}),
    };
  }

  #ignored(errors: readonly Error[]): Error[] {
    if (!this.#invocation.flags.bool('ignore-not-found')) return [...errors];
    return errors.filter((error) => !(error instanceof StatusError && error.reason === 'NotFound'));
  }

  async #printTables(): Promise<void> {
    const { flags } = this.#invocation;
    const found = await find(this.#invocation, { ...this.#selection(), continueOnError: true });
    const errors = this.#ignored(found.errors);
    let infos = found.infos.map((info) => ({ ...info, object: tableOf(info, this.#invocation.now()) }));
    if (this.#sortBy) infos = (await this.#sortedTables(infos)) as typeof infos;
    const severalKinds = new Set(infos.map((info) => info.mapping)).size > 1;
    const writer = new TabWriter(TABLE);
    let printer: TablePrinter | undefined;
    let last: Mapping | undefined;
    let written = false;
    const flush = async () => {
      const text = writer.flush();
      if (text === '') return;
      const separate = written && !flags.bool('no-headers');
      written = true;
      await this.#invocation.print(separate ? `\n${text}` : text);
    };
    for (const info of infos) {
      if (!printer || last !== info.mapping) {
        await flush();
        writer.forgetWidths();
        printer = new TablePrinter(this.#tableOptions(info.mapping, severalKinds), writer);
        last = info.mapping;
      }
      printer.print(info.object);
    }
    await flush();
    if (!written && !flags.bool('ignore-not-found') && errors.length === 0) {
      const namespaced = !flags.bool('all-namespaces') && infos.every((info) => info.mapping.namespaced);
      const where = namespaced ? ` in ${this.#invocation.namespace.namespace} namespace.` : '';
      await this.#invocation.printError(`No resources found${where}\n`);
    }
    throwAll(errors);
  }

  async #sortedTables(infos: readonly (Info & { object: Table })[]): Promise<Info[]> {
    const { sortTable } = await this.#invocation.process.wait(import('./sorting.ts'));
    return infos.map((info) => ({ ...info, object: sortTable(info.object, this.#sortBy) }));
  }

  async #printer(): Promise<ObjectPrinter> {
    return (await outputPrinter(this.#invocation, ['custom-columns', 'custom-columns-file', 'wide']))!;
  }

  async #printObjects(): Promise<void> {
    const printer = await this.#printer();
    const found = await find(this.#invocation, { ...this.#selection(), continueOnError: true });
    const errors = this.#ignored(found.errors);
    const { singleItemImplied } = found;
    if (errors.length > 0 && singleItemImplied) throwAll(errors);
    let objects = found.infos.map((info) => info.object as KubernetesObject);
    if (objects.length === 0 && this.#invocation.flags.bool('ignore-not-found')) return throwAll(errors);
    if (this.#sortBy) {
      const { sortObjects } = await this.#invocation.process.wait(import('./sorting.ts'));
      objects = sortObjects(objects, this.#sortBy);
    }
    const object =
      singleItemImplied && objects.length === 1
        ? objects[0]
        : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: objects };
    await this.#invocation.print(printer(object));
    throwAll(errors);
  }

  async #watch(): Promise<void> {
    const { flags } = this.#invocation;
    const printer = this.#human ? undefined : await this.#printer();
    const found = await find(this.#invocation, {
      ...this.#selection(),
      singleResourceType: true,
      wholeLists: true,
    });
    const errors = this.#ignored(found.errors);
    throwAll(errors);
    const info = found.infos[0];
    if (!info) return;
    if (found.infos.length > 1 && info.name)
      throw new CommandError(
        'watch is only supported on individual resources and resource collections - more than 1 resource was found',
      );
    const events = flags.bool('output-watch-events');
    const tables = new TablePrinter({
      ...this.#tableOptions(info.mapping, false),
      withNamespace: flags.bool('all-namespaces'),
    });
    const show = async (object: any, type: string) => {
      if (printer) await this.#invocation.print(printer(events ? { type, object } : object));
      else {
        tables.print(tableOf({ ...info, object }, this.#invocation.now()), events ? type : undefined);
        await this.#invocation.print(tables.flush());
      }
    };
    const isList = info.name === '';
    if (!flags.bool('watch-only'))
      for (const { object } of isList ? found.infos : [info]) {
        const items =
          printer && isList ? object.items.map((item: KubernetesObject) => withType(item, object)) : [object];
        for (const item of items) await show(item, 'ADDED');
      }
    const name = info.name || undefined;
    const path = resourcePath(info.mapping, info.namespace);
    const { labelSelector, fieldSelector, request } = this.#selection();
    const query: Query = {
      labelSelector: labelSelector?.trim(),
      fieldSelector: name ? `metadata.name=${name}` : fieldSelector?.trim(),
      resourceVersion: isList ? found.infos.at(-1)!.object.metadata?.resourceVersion : '0',
    };
    // A watch of one object begins with the state that was printed already.
    let first = !isList;
    for await (const event of this.#invocation.api.watch(path, query, request?.accept)) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'ERROR' && event.object.kind === 'Status') throw StatusError.from(event.object);
      if (!first) await show(event.object, event.type);
      first = false;
    }
  }
}

/** The server's Table, or one of our own for a server that answered with objects. */
function tableOf(info: Info, nowMs: number): Table {
  const { object } = info;
  if (object.kind === 'Table') return object as Table;
  const items: KubernetesObject[] = Array.isArray(object.items) ? object.items : [object];
  return {
    kind: 'Table',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Age', type: 'string' },
    ],
    rows: items.map((item) => ({
      cells: [item.metadata.name, humanAge(item.metadata.creationTimestamp, nowMs)],
      object: item,
    })),
  };
}
