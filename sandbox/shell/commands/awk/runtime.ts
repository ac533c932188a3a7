/** The state of a running awk program: the record and its fields, variables, arrays, what it has printed. */
import { encode, EMPTY } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError } from '../command.ts';
import { linearExpression } from './program.ts';
import { fromInput, numberOf, textOf, type Value } from './values.ts';

export class Runtime {
  /** Not yet written. */
  output = '';
  exitCode = 0;
  readonly #process: Process;
  readonly #variables = new Map<string, Value>([
    ['FS', ' '],
    ['OFS', ' '],
    ['ORS', '\n'],
    ['OFMT', '%.6g'],
    ['CONVFMT', '%.6g'],
    ['SUBSEP', '\u001c'],
    ['NR', 0],
    ['FNR', 0],
    ['FILENAME', ''],
    ['RSTART', 0],
    ['RLENGTH', -1],
  ]);
  readonly #arrays = new Map<string, Map<string, Value>>();
  #record = '';
  /** Undefined: not split yet. */
  #fields: string[] | undefined;
  /** A field was set: the record has to be put together again. */
  #stale = false;
  #separators = new Map<string, RegExp>();

  constructor(process: Process) {
    this.#process = process;
    this.#arrays.set(
      'ENVIRON',
      new Map(Object.entries(process.environment).map(([name, text]) => [name, fromInput(text)])),
    );
  }

  /** What goes to commands, by command; they run when the program has ended. */
  readonly piped = new Map<string, string>();
  readonly #written = new Set<string>();

  /** @param sign `>`, `>>` or `|`; undefined: standard output */
  write(text: string, sign: string | undefined, name: string): void {
    if (sign === undefined || name === '/dev/stdout') this.output += text;
    else if (sign === '|') this.piped.set(name, (this.piped.get(name) ?? '') + text);
    else {
      const path = this.#process.resolve(name);
      try {
        if (sign === '>' && !this.#written.has(path)) this.#process.fileSystem.writeFile(path, EMPTY);
        this.#process.fileSystem.appendFile(path, encode(text));
      } catch (error) {
        if (error instanceof Errno) this.fail(`cannot open "${name}" for output (${error.message})`);
        throw error;
      }
      this.#written.add(path);
    }
  }

  get(name: string): Value {
    return name === 'NF' ? this.#split().length : this.#variables.get(name);
  }

  set(name: string, value: Value): void {
    if (name === 'NF') {
      const fields = this.#split();
      const count = Math.max(0, Math.trunc(numberOf(value)));
      while (fields.length < count) fields.push('');
      fields.length = count;
      this.#stale = true;
    } else this.#variables.set(name, value);
  }

  hasArray(name: string): boolean {
    return this.#arrays.has(name);
  }

  array(name: string): Map<string, Value> {
    let array = this.#arrays.get(name);
    if (!array) {
      array = new Map();
      this.#arrays.set(name, array);
    }
    return array;
  }

  /** A new line of input. */
  setRecord(text: string): void {
    this.#record = text;
    this.#fields = undefined;
    this.#stale = false;
  }

  field(index: number): Value {
    if (index > 0) return fromInput(this.#split()[index - 1] ?? '');
    if (this.#stale) {
      this.#record = this.#fields!.join(textOf(this.get('OFS')));
      this.#stale = false;
    }
    return fromInput(this.#record);
  }

  setField(index: number, text: string): void {
    if (index === 0) return this.setRecord(text);
    const fields = this.#split();
    while (fields.length < index) fields.push('');
    fields[index - 1] = text;
    this.#stale = true;
  }

  #split(): string[] {
    this.#fields ??= this.split(this.#record, undefined).map((value) => textOf(value));
    return this.#fields;
  }

  /** @param separator default: FS */
  split(text: string, separator: RegExp | string | undefined): Value[] {
    if (text === '') return [];
    const by = separator ?? textOf(this.get('FS'));
    if (by === ' ') return (text.match(/[^ \t\n]+/g) ?? []).map(fromInput);
    if (by === '') return [...text].map(fromInput);
    if (typeof by === 'string' && by.length === 1 && by !== '\\') return text.split(by).map(fromInput);
    return text.split(typeof by === 'string' ? this.#separator(by) : by).map(fromInput);
  }

  #separator(pattern: string): RegExp {
    let expression = this.#separators.get(pattern);
    if (!expression) {
      expression = linearExpression(pattern);
      this.#separators.set(pattern, expression);
    }
    return expression;
  }

  random(): number {
    return this.#process.machine.random.next();
  }

  seconds(): number {
    return Math.floor(this.#process.machine.clock.now() / 1000);
  }

  /** Ends the program as awk does. */
  fail(message: string): never {
    throw new CommandError(message, 2);
  }
}
