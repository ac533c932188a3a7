/**
 * `yq` (mikefarah's command line) over js-yaml and the jq engine: each document is one input of the expression.
 * Left out: comments and styles, which js-yaml does not keep; operators that jq does not have (`env`, `load`,
 * `eval-all` over several files).
 */
import { concat, decode, encode, EMPTY } from '../../../core/bytes.ts';
import { readWholeText } from '../../../os/open.ts';
import { OpenFile } from '../../../os/open-file.ts';
import { openBytes } from '../../../os/open-bytes.ts';
import type { Process } from '../../../os/process.ts';
import { batchProgram } from '../batch-program.ts';
import { defineCommand, errnoMessage, UsageError, type Options } from '../command.ts';
import { kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'ceCiI:jMnNo:p:Prv',
    long: {
      'exit-status': 'e',
      inplace: 'i',
      indent: 'I',
      tojson: 'j',
      'null-input': 'n',
      'no-doc': 'N',
      'output-format': 'o',
      'input-format': 'p',
      prettyPrint: 'P',
      unwrapScalar: 'r?',
      colors: 'C',
      'no-colors': 'M',
      arg: 'arg:',
    },
    usage:
      'yq [flags] [expression] [yaml_file]...\n\n  -e, --exit-status            set exit status if there are no matches or null or false is returned\n  -i, --inplace                update the file in place\n  -I, --indent=N               sets indent level for output (default 2)\n  -n, --null-input             do not read input, simply evaluate the expression given\n  -N, --no-doc                 do not print document separators (---)\n  -o, --output-format=FORMAT   yaml, json\n  -p, --input-format=FORMAT    yaml, json\n  -r, --unwrapScalar=BOOL      print scalars without quotes (default true)',
  },
  async (process, options, operands) => {
    const { loadAll } = await process.wait(import('js-yaml'));
    const words = ['e', 'eval'].includes(operands[0] ?? '') ? operands.slice(1) : operands;
    if (['ea', 'eval-all'].includes(words[0] ?? ''))
      throw new UsageError('eval-all: several files at once are not supported; put them into one by cat');
    const isFile = (word: string) =>
      word === '-' || kindOf(process.fileSystem, process.resolve(word)) === 'file';
    const [expression, paths] =
      words[0] !== undefined && isFile(words[0]) && words[0] !== '.'
        ? ['.', words]
        : [words[0] ?? '.', words.slice(1)];
    if (options.has('i') && paths.length === 0)
      return await failed(
        process,
        'write in place flag only applicable when giving an expression and at least one file',
      );
    let nothing = true;
    for (const path of options.has('n') ? [undefined] : paths.length > 0 ? paths : ['-']) {
      let documents: unknown[] = [null];
      if (path !== undefined) {
        try {
          documents = loadAll(
            path === '-' ? await process.readAll(0) : await readWholeText(process, path),
          ) as unknown[];
        } catch (error) {
          const message =
            error instanceof Error && error.name === 'YAMLException' ? error.message : errnoMessage(error);
          return await failed(process, path === '-' ? message : `open ${path}: ${message.toLowerCase()}`);
        }
      }
      const results: unknown[][] = [];
      for (const document of documents) {
        const values = await evaluate(process, expression, document);
        if (!values) return 1;
        results.push(values);
      }
      if (results.flat().some((value) => value !== null && value !== false)) nothing = false;
      const text = await write(process, results, options);
      if (options.has('i')) process.fileSystem.writeFile(process.resolve(path!), encode(text));
      else await process.print(text);
    }
    if (options.has('e') && nothing) return await failed(process, 'no matches found');
    return 0;
  },
);

async function failed(process: Process, message: string): Promise<number> {
  await process.printError(`Error: ${message}\n`);
  return 1;
}

/** What jq makes of one value; undefined after its message. */
async function evaluate(
  process: Process,
  expression: string,
  value: unknown,
): Promise<unknown[] | undefined> {
  if (expression === '.') return [value];
  const chunks: Uint8Array[] = [];
  const child = process.machine.spawn({
    argv: ['jq', '-c', expression],
    program: batchProgram('jq'),
    parent: process,
    environment: process.environment,
    files: [
      openBytes(encode(JSON.stringify(value ?? null))),
      new OpenFile({ write: (bytes) => void chunks.push(bytes.slice()) }),
      process.files[2],
    ],
  });
  if ((await process.wait(child.exited)) !== 0) return undefined;
  return decode(chunks.length === 0 ? EMPTY : concat(chunks))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

async function write(process: Process, documents: unknown[][], options: Options): Promise<string> {
  const { dump } = await process.wait(import('js-yaml'));
  const json = options.has('j') || (options.get('o') ?? 'yaml').startsWith('j');
  const indent = Number(options.get('I') ?? 2);
  const unwrap = options.get('r') !== 'false';
  const one = (value: unknown): string => {
    if (typeof value === 'string' && unwrap) return `${value}\n`;
    if (json) return `${JSON.stringify(value, null, indent)}\n`;
    return dump(value, { indent: Math.max(1, indent), lineWidth: -1 });
  };
  return documents.map((values) => values.map(one).join('')).join(json || options.has('N') ? '' : '---\n');
}
