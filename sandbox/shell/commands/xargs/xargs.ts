/** GNU `xargs`. */
import { readWholeText } from '../../../os/open.ts';
import { commandName, CommandError, defineCommand } from '../command.ts';
import { runCommand } from '../run-command.ts';

export const program = defineCommand(
  {
    short: '+0a:d:E:I:L:n:P:prs:tx',
    long: {
      null: '0',
      'arg-file': 'a',
      delimiter: 'd',
      replace: 'I',
      'max-lines': 'L',
      'max-args': 'n',
      'max-procs': 'P',
      'no-run-if-empty': 'r',
      verbose: 't',
    },
    usage:
      'xargs [OPTION]... COMMAND [INITIAL-ARGS]...\nRun COMMAND with arguments INITIAL-ARGS and more arguments read from input.\n\n  -0, --null               items are separated by a null, not whitespace\n  -d, --delimiter=CHAR     items in input stream are separated by CHAR\n  -I R                     replace R in INITIAL-ARGS with names read from input\n  -L, --max-lines=N        use at most N nonblank input lines per command line\n  -n, --max-args=N         use at most N arguments per command line\n  -P, --max-procs=N        run at most N processes at a time\n  -r, --no-run-if-empty    if there are no arguments, do not run COMMAND\n  -t, --verbose            print commands before executing them',
  },
  async (process, options, operands) => {
    const command = operands.length > 0 ? operands : ['echo'];
    const source = options.get('a');
    const text = source === undefined ? await process.readAll(0) : await readWholeText(process, source);
    const replace = options.get('I');
    let items: string[];
    if (options.has('0') || options.has('d')) {
      const delimiter = options.has('0')
        ? '\0'
        : options.get('d')!.replace('\\n', '\n').replace('\\t', '\t').replace('\\0', '\0');
      items = text.split(delimiter);
      if (items.at(-1) === '' || (items.at(-1) === '\n' && items.length > 1)) items.pop();
    } else if (replace !== undefined || options.has('L'))
      items = text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    else items = splitWords(text);
    const size = Number(options.get('n') ?? (replace === undefined ? (options.get('L') ?? 5000) : 1));
    const batches: string[][] = [];
    for (let i = 0; i < items.length; i += size) batches.push(items.slice(i, i + size));
    if (batches.length === 0 && !options.has('r') && replace === undefined) batches.push([]);
    const parallel = Math.max(1, Number(options.get('P') ?? 1) || batches.length);
    let status = 0;
    let next = 0;
    const files = [...process.files];
    const work = async (): Promise<void> => {
      while (next < batches.length) {
        const batch = batches[next++]!;
        let argv =
          replace === undefined
            ? [...command, ...batch]
            : command.map((word) => word.replaceAll(replace, batch[0] ?? ''));
        if (options.has('L') && replace === undefined)
          argv = [...command, ...batch.flatMap((line) => splitWords(line))];
        if (options.has('t')) await process.printError(`${argv.join(' ')}\n`);
        const exitCode = await runCommand(process, argv, { files });
        if (exitCode === 126 || exitCode === 127) {
          status = exitCode;
          next = batches.length;
        } else if (exitCode === 255) {
          status = 124;
          next = batches.length;
          await process.printError(`${commandName(process)}: ${argv[0]}: exited with status 255; aborting\n`);
        } else if (exitCode > 128) status = 125;
        else if (exitCode !== 0 && status === 0) status = 123;
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, Math.max(1, batches.length)) }, work));
    return status;
  },
);

/** Blank-separated items; quotes and backslashes protect. */
function splitWords(text: string): string[] {
  const items: string[] = [];
  for (const match of text.matchAll(/(?:'[^'\n]*'|"[^"\n]*"|\\[\s\S]|[^\s'"\\])+|['"]/g)) {
    const word = match[0];
    if (word === "'" || word === '"')
      throw new CommandError(
        `unmatched ${word === "'" ? 'single' : 'double'} quote; by default quotes are special to xargs unless you use the -0 option`,
      );
    items.push(
      word.replace(
        /'([^']*)'|"([^"]*)"|\\([\s\S])/g,
        (_, single?: string, double?: string, char?: string) => single ?? double ?? char ?? '',
      ),
    );
  }
  return items;
}
