/** The files a filter reads: its operands in order, `-` or none for standard input. */
import { Utf8Decoder } from '../../core/bytes.ts';
import { open } from '../../os/open.ts';
import type { Process } from '../../os/process.ts';
import { complain, errnoMessage } from './command.ts';

export interface Input {
  /** As it was given; `-` for standard input. */
  name: string;
  read(): Promise<Uint8Array | null>;
}

export class Inputs {
  /** Whether one could not be read; a message has been printed. */
  failed = false;
  readonly #process: Process;
  readonly #operands: readonly string[];

  constructor(process: Process, operands: readonly string[]) {
    this.#process = process;
    this.#operands = operands.length > 0 ? operands : ['-'];
  }

  /** Each input while it is open. A failed read is reported and ends that input. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Input> {
    const process = this.#process;
    for (const name of this.#operands) {
      if (name === '-') {
        yield { name, read: () => this.#guard(name, () => process.read(0)) };
        continue;
      }
      let file;
      try {
        file = open(process, name, { read: true }).acquire();
      } catch (error) {
        this.failed = true;
        await complain(process, `${name}: ${errnoMessage(error)}`);
        continue;
      }
      try {
        yield { name, read: () => this.#guard(name, () => process.wait(file.operations.read!())) };
      } finally {
        file.close();
      }
    }
  }

  async #guard(name: string, read: () => Promise<Uint8Array | null>): Promise<Uint8Array | null> {
    try {
      const bytes = await read();
      const pause = this.#process.tick();
      if (pause) await pause;
      return bytes;
    } catch (error) {
      const message = errnoMessage(error);
      this.failed = true;
      await complain(this.#process, `${name}: ${message}`);
      return null;
    }
  }
}

/** Lines without their newline, many at a time: as many as each read brings. */
export async function* linesOf(input: Pick<Input, 'read'>): AsyncGenerator<string[]> {
  const decoder = new Utf8Decoder();
  let rest = '';
  for (let bytes; (bytes = await input.read());) {
    const lines = (rest + decoder.push(bytes)).split('\n');
    rest = lines.pop()!;
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}
