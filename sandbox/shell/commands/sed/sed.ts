/** `sed`: line by line for the programs of `line-program.ts`, by just-bash for all others. */
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { batchProgram } from '../batch-program.ts';
import { kindOf } from '../destination.ts';
import { Inputs, linesOf } from '../input.ts';
import { LineProgram } from './line-program.ts';

const batch = batchProgram('sed');

export const program: Program = async (process) => {
  const streaming = parse(process.argv.slice(1));
  return streaming ? await run(process, streaming.program, streaming.files) : await batch(process);
};

/** Undefined for options that are not for streams (`-i`, `-s`, `-z`, `-f`). */
function parse(words: readonly string[]): { program: LineProgram; files: string[] } | undefined {
  const scripts: string[] = [];
  const operands: string[] = [];
  let [quiet, extended] = [false, false];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '-n' || word === '--quiet' || word === '--silent') quiet = true;
    else if (word === '-E' || word === '-r' || word === '--regexp-extended') extended = true;
    else if (word === '-nE' || word === '-En' || word === '-nr') quiet = extended = true;
    else if (word === '-u' || word === '--unbuffered') continue;
    else if (word === '-e' || word === '-ne') {
      if (word === '-ne') quiet = true;
      const script = words[++i];
      if (script === undefined) return undefined;
      scripts.push(script);
    } else if (word.startsWith('-') && word !== '-') return undefined;
    else operands.push(word);
  }
  const script = scripts.length > 0 ? scripts.join('\n') : operands.shift();
  if (script === undefined) return undefined;
  const program = LineProgram.parse(script, { quiet, extended });
  return program && { program, files: operands };
}

async function run(process: Process, program: LineProgram, files: string[]): Promise<number> {
  const there: string[] = [];
  let status = 0;
  for (const file of files) {
    if (file === '-' || kindOf(process.fileSystem, process.resolve(file)) !== undefined) there.push(file);
    else {
      await process.printError(`sed: can't read ${file}: No such file or directory\n`);
      status = 2;
    }
  }
  if (there.length === 0 && files.length > 0) return status;
  const inputs = new Inputs(process, there);
  const holdsBack = program.needsLast;
  let held: string | undefined;
  /** A line that the input ended without its newline. */
  let open = false;
  for await (const input of inputs) {
    let ended = false;
    const read = async () => {
      const bytes = await input.read();
      ended = bytes === null;
      return bytes;
    };
    for await (const lines of linesOf({ read })) {
      open = ended;
      let out = '';
      for (const line of lines) {
        const next = holdsBack ? held : line;
        held = line;
        if (next === undefined) continue;
        const { output, quits } = program.run(next, false);
        out += output;
        if (quits === undefined) continue;
        await process.print(out);
        return quits;
      }
      if (out !== '')
        await process.print(
          open && !holdsBack && input.name === (there.at(-1) ?? '-') ? out.replace(/\n$/, '') : out,
        );
    }
  }
  if (inputs.failed) status = 2;
  if (!holdsBack || held === undefined) return status;
  const { output, quits } = program.run(held, true);
  await process.print(open ? output.replace(/\n$/, '') : output);
  return quits ?? status;
}
