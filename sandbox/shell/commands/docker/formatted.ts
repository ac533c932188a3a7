/** `--format`: a Go template applied to each row, or `json`. `{{json .Path}}` is Docker's own. */
import { GoTemplate } from '../kubectl/go-template.ts';
import { ClientError } from './command.ts';

const JSON_FIELD = /\{\{\s*json\s+(\.[\w.]*)\s*\}\}/;

/** A line for each of `rows`. `\t` and `\n` in the template are what they say. Throws `ClientError`. */
export function formatRows(format: string, rows: readonly Record<string, unknown>[]): string {
  if (format === 'json') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  // Every second part is the path of a field to print as JSON.
  const parts = format.replace(/\\t/g, '\t').replace(/\\n/g, '\n').split(JSON_FIELD);
  try {
    const templates = parts.map((part, at) => (at % 2 === 0 ? new GoTemplate(part) : part));
    return rows
      .map((row) => {
        const printed = templates.map((part) =>
          typeof part === 'string' ? JSON.stringify(valueAt(row, part)) : part.execute(row),
        );
        return `${printed.join('')}\n`;
      })
      .join('');
  } catch (error) {
    throw new ClientError(`template parsing error: ${(error as Error).message}`);
  }
}

function valueAt(row: unknown, path: string): unknown {
  let value = row;
  for (const name of path.split('.').filter((each) => each !== ''))
    value = (value as Record<string, unknown> | undefined)?.[name];
  return value ?? null;
}
