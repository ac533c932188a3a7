/** `awk`: line by line for the programs of `program.ts`, by just-bash for all others. */
import type { Program } from '../../../os/machine.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { batchProgram } from '../batch-program.ts';
import { CommandError } from '../command.ts';
import { openBytes } from '../../../os/open-bytes.ts';
import { readWholeText } from '../../../os/open.ts';
import { encode } from '../../../core/bytes.ts';
import { kindOf } from '../destination.ts';
import { runCommand } from '../run-command.ts';
import { Inputs, linesOf } from '../input.ts';
import { linearExpression, parseProgram, type LineProgram } from './program.ts';
import { Runtime } from './runtime.ts';
import type { Statement } from './statements.ts';
import { NotForLines, unescaped } from './tokens.ts';
import { fromInput, isTrue } from './values.ts';

const USAGE = `Usage: awk [-F fs] [-v var=value] [-f progfile | 'prog'] [file ...]

  -F fs          the field separator, a character or an expression
  -v var=value   sets a variable before the program begins
  -f progfile    reads the program from a file
`;

interface Invocation {
  program: LineProgram;
  variables: [name: string, value: string][];
  files: string[];
}

const batch = batchProgram('awk');

export const program: Program = async (process) => {
  if (process.argv.includes('--help')) {
    await process.print(USAGE);
    return 0;
  }
  const invocation = await parse(process);
  if (!invocation) return await batch(process);
  try {
    return await run(process, invocation);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await process.printError(`awk: ${error.message}\n`);
    return error.exitCode;
  }
};

/** Undefined for what is not for lines. */
async function parse(process: Process): Promise<Invocation | undefined> {
  const variables: [string, string][] = [];
  const sources: string[] = [];
  const words = process.argv.slice(1);
  let i = 0;
  for (; i < words.length && words[i]!.startsWith('-') && words[i] !== '-'; i++) {
    const [letter, rest] = [words[i]![1]!, words[i]!.slice(2)];
    if (words[i] === '--') {
      i++;
      break;
    }
    if (!'Fvf'.includes(letter)) return undefined;
    const value = rest === '' ? words[++i] : rest;
    if (value === undefined) return undefined;
    if (letter === 'F') variables.push(['FS', value === 't' ? '\t' : unescaped(value)]);
    else if (letter === 'v') {
      const [, name, text] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(value) ?? [];
      if (name === undefined || name === 'RS') return undefined;
      variables.push([name, unescaped(text!)]);
    } else {
      try {
        sources.push(await readWholeText(process, value));
      } catch (error) {
        if (error instanceof Errno) return undefined;
        throw error;
      }
    }
  }
  const source = sources.length > 0 ? sources.join('\n') : words[i++];
  const files = words.slice(i);
  if (source === undefined || files.some((file) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(file))) return undefined;
  try {
    for (const [name, value] of variables) if (name === 'FS' && value.length > 1) linearExpression(value);
    return { program: parseProgram(source), variables, files };
  } catch (error) {
    if (error instanceof NotForLines) return undefined;
    throw error;
  }
}

async function run(
  process: Process,
  { program: { begin, rules, end }, variables, files }: Invocation,
): Promise<number> {
  const runtime = new Runtime(process);
  for (const [name, value] of variables) runtime.set(name, fromInput(value));
  const flush = async () => {
    const text = runtime.output;
    runtime.output = '';
    if (text !== '') await process.print(text);
  };
  const execute = async (statement: Statement) => {
    const steps = statement(runtime);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      if (runtime.output.length > MAX_HELD) await flush();
      const pause = process.tick();
      if (pause) await pause;
    }
  };
  let ended = false;
  try {
    for (const each of begin) if (!ended) ended = (await execute(each)) === 'exit';
    const there = files.filter(
      (file) => file === '-' || kindOf(process.fileSystem, process.resolve(file)) !== undefined,
    );
    const missing = files.find((file) => !there.includes(file));
    // Awk stops at a file that is not there.
    const inputs = new Inputs(
      process,
      missing === undefined ? files : files.slice(0, files.indexOf(missing)),
    );
    const reads = missing !== files[0] || files.length === 0;
    let number = 0;
    if (!ended && reads && rules.length + end.length > 0)
      for await (const input of inputs) {
        runtime.set('FILENAME', input.name === '-' ? '' : input.name);
        let inFile = 0;
        for await (const lines of linesOf(input)) {
          for (const line of lines) {
            runtime.setRecord(line);
            runtime.set('NR', ++number);
            runtime.set('FNR', ++inFile);
            for (const rule of rules) {
              if (!chosen(rule, runtime)) continue;
              const signal = await execute(rule.body);
              ended = signal === 'exit';
              if (signal !== undefined) break;
            }
            if (ended) break;
            const pause = process.tick();
            if (pause) await pause;
          }
          await flush();
          if (ended) break;
        }
        if (ended) break;
      }
    if (missing !== undefined && !ended) runtime.fail(`cannot open ${missing} (No such file or directory)`);
    // `exit` in a rule goes on with END; one in BEGIN or END is the end.
    for (const each of end) if ((await execute(each)) === 'exit') break;
    if (inputs.failed && runtime.exitCode === 0) runtime.exitCode = 2;
  } finally {
    await flush();
  }
  for (const [command, text] of runtime.piped)
    await runCommand(process, ['sh', '-c', command], {
      files: [openBytes(encode(text)), ...process.files.slice(1)],
    });
  return runtime.exitCode;
}

/** Output that a long loop may hold back. */
const MAX_HELD = 65_536;

function chosen(rule: LineProgram['rules'][number], runtime: Runtime): boolean {
  if (!rule.pattern) return true;
  if (!rule.until) return isTrue(rule.pattern(runtime));
  if (!rule.inside && !isTrue(rule.pattern(runtime))) return false;
  rule.inside = !isTrue(rule.until(runtime));
  return true;
}
