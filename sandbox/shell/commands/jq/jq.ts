/**
 * `jq`, run by just-bash in a Worker: value by value as the input brings them, so that `kubectl get -w -o json | jq`
 * prints at once; with the whole input where a filter looks at all of it (-n, -s, `input`).
 */
import { encode, Utf8Decoder } from '../../../core/bytes.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { batchProgram } from '../batch-program.ts';
import { JsonValues } from './json-values.ts';

/** Options that take so many words. */
const TAKES: Readonly<Record<string, number>> = {
  '--arg': 2,
  '--argjson': 2,
  '--slurpfile': 2,
  '--rawfile': 2,
  '--indent': 1,
  '--tab': 0,
};

const batch = batchProgram('jq');

const USAGE = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] -n FILTER

jq is a tool for processing JSON inputs, applying the given filter to
its JSON text inputs and producing the filter's results as JSON on
standard output.

  -c, --compact-output      compact instead of pretty-printed output
  -e, --exit-status         exit 1 when the last output is false or null
  -n, --null-input          use null as the single input value
  -r, --raw-output          output strings without escapes and quotes
  -j, --join-output         as -r, without a newline after each output
  -R, --raw-input           read each line as a string
  -s, --slurp               read all inputs into an array
  -S, --sort-keys           sort keys of each object on output
      --tab, --indent n     how to indent
      --arg name value      set $name to the string value
      --argjson name value  set $name to the JSON value
      --slurpfile name file set $name to an array of the values in file
      --rawfile name file   set $name to the text of file
      --unbuffered          flush the output stream after each output
`;

export const program: Program = async (process) => {
  const argv = process.argv.slice(1);
  if (argv.includes('--help') || argv.includes('-h')) {
    await process.print(USAGE);
    return 0;
  }
  // What is read is written at once; just-bash does not know the option.
  const rest = argv.filter((word) => word !== '--unbuffered');
  if (!process.machine.batch) return await batch(process);
  return takesValues(rest)
    ? await stream(process, rest)
    : await process.machine.batch.run(process, 'jq', rest);
};

/** Whether each value of standard input is worked on by itself. */
function takesValues(argv: readonly string[]): boolean {
  let filter: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (Object.hasOwn(TAKES, word)) i += TAKES[word]!;
    else if (word.startsWith('--')) {
      if (
        ![
          '--compact-output',
          '--raw-output',
          '--join-output',
          '--sort-keys',
          '--exit-status',
          '--color-output',
          '--monochrome-output',
          '--ascii-output',
          '--raw-input',
        ].includes(word)
      )
        return false;
    } else if (word.startsWith('-') && word.length > 1) {
      if (!/^-[crjSeCMaR]+$/.test(word)) return false;
    } else if (filter === undefined) filter = word;
    else return false;
  }
  return filter !== undefined && !/\b(?:inputs?|input_line_number|debug|halt)\b/.test(filter);
}

/** One value may be so long: `yes '[' | jq .` must not fill the tab's memory. */
const MAX_VALUE_CHARACTERS = 64_000_000;

/** -R: each line is a value. */
class Lines {
  rest = '';

  push(text: string): string {
    const all = this.rest + text;
    const end = all.lastIndexOf('\n') + 1;
    this.rest = all.slice(end);
    return all.slice(0, end);
  }
}

async function stream(process: Process, argv: string[]): Promise<number> {
  const isRaw = argv.some((word) => word === '--raw-input' || /^-[a-zA-Z]*R/.test(word));
  const values = isRaw ? new Lines() : new JsonValues();
  const decoder = new Utf8Decoder();
  let exitCode: number | undefined;
  const run = async (text: string) => {
    if (isRaw ? text !== '' : text.trim() !== '')
      exitCode = await process.machine.batch!.run(process, 'jq', argv, encode(text));
  };
  for (let bytes; (bytes = await process.read(0));) {
    await run(values.push(decoder.push(bytes)));
    if (values.rest.length > MAX_VALUE_CHARACTERS) {
      await process.printError(
        `jq: error: a value of more than ${MAX_VALUE_CHARACTERS / 1e6} million characters is too large for this terminal\n`,
      );
      return 2;
    }
    // A filter that is wrong, or input that is no JSON: jq ends there.
    if (exitCode === 2 || exitCode === 3) return exitCode;
  }
  await run(values.rest + decoder.end());
  return exitCode ?? (await process.machine.batch!.run(process, 'jq', argv, encode('')));
}
