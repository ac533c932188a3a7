/** `-o custom-columns=NAME:.metadata.name,…` (`kubectl/pkg/cmd/get/customcolumn.go`). */
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { JsonPath, relaxedExpression } from '../jsonpath.ts';
import { TABLE, TabWriter } from '../tab-writer.ts';
import { goValue } from './go-values.ts';
import type { ObjectPrinter } from './output.ts';

interface Column {
  header: string;
  path: JsonPath;
}

export function customColumns(invocation: Invocation, format: string, argument: string): ObjectPrinter {
  const { process, flags } = invocation;
  const columns =
    format === 'custom-columns'
      ? fromSpec(argument)
      : fromTemplate(argument && process.readTextFile(argument));
  const noHeaders = flags.has('no-headers') && flags.bool('no-headers');
  const writer = new TabWriter(TABLE);
  let printed = false;
  return (object) => {
    if (!printed && !noHeaders) writer.write(`${columns.map((column) => column.header).join('\t')}\n`);
    printed = true;
    const items = Array.isArray(object.items) && object.kind?.endsWith('List') ? object.items : [object];
    for (const item of items) writer.write(`${columns.map((column) => cell(column, item)).join('\t')}\n`);
    return writer.flush();
  };
}

function cell(column: Column, object: unknown): string {
  const values = column.path.values(object);
  if (values.length === 0) return '<none>';
  return values.map((value) => (value === null ? '<none>' : goValue(value))).join(',');
}

function fromSpec(spec: string): Column[] {
  if (!spec) throw new CommandError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const at = part.indexOf(':');
    if (at < 0)
      throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return column(part.slice(0, at), part.slice(at + 1));
  });
}

/** Two lines: the headers, and under each its path. */
function fromTemplate(text: string): Column[] {
  if (!text) throw new CommandError('custom-columns-file format specified but no template file given');
  const [headers = [], paths] = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
  if (!paths)
    throw new CommandError(
      'invalid template, missing spec line. Expected format is one line of space separated headers, one line of space separated column specs.',
    );
  if (headers.length !== paths.length)
    throw new CommandError(
      `number of headers (${headers.length}) and field specifications (${paths.length}) don't match`,
    );
  return headers.map((header, at) => column(header, paths[at]!));
}

const column = (header: string, path: string): Column => ({
  header,
  path: new JsonPath(relaxedExpression(path), { allowMissingKeys: true }),
});
