/** Types into a terminal and reads what it shows, as a learner would. */
import { decode, encode } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { Session, TerminalConnection } from '../runtime.ts';
import { eventually, soon } from './patience.ts';

let opened = 0;

export class TerminalDriver {
  static async open(session: Session, name = `contract-${++opened}`): Promise<TerminalDriver> {
    const connection = await soon(
      session.terminals.open({ name, columns: 100, rows: 30 }),
      `terminal ${name} opens`,
    );
    return new TerminalDriver(name, connection);
  }

  readonly name: string;
  readonly connection: TerminalConnection;
  readonly #reading: Disposable;
  exitCode: number | undefined;
  output = '';

  constructor(name: string, connection: TerminalConnection) {
    this.name = name;
    this.connection = connection;
    this.#reading = connection.onOutput((bytes) => void (this.output += decode(bytes)));
    connection.onExit((code) => (this.exitCode = code));
  }

  type(text: string): void {
    this.connection.write(encode(text));
  }

  /** Stops reading and leaves the shell running. */
  leave(): void {
    this.#reading.dispose();
  }

  until(text: string): Promise<true> {
    return eventually(
      () => (this.output.includes(text) ? true : undefined),
      `the terminal shows ${JSON.stringify(text)}`,
      () => this.output.slice(-1000),
    );
  }

  /** Runs a line and gives what it printed. The marks are typed in two halves, so that their echo is not one. */
  async run(line: string): Promise<{ output: string; exitCode: number }> {
    const mark = `${this.name}-${this.output.length}`;
    this.type(`echo "<""${mark}>"; ${line}; echo "<""/${mark}" $?">"\r`);
    const end = new RegExp(`<${mark}>\\r?\\n([^]*?)</${mark} (\\d+)>`);
    const [, output, code] = await eventually(
      () => end.exec(this.output) ?? undefined,
      `“${line}” ends`,
      () => this.output.slice(-1000),
    );
    return { output: output!.replaceAll('\r\n', '\n'), exitCode: Number(code) };
  }

  exited(): Promise<number> {
    return eventually(() => this.exitCode, 'the shell ends');
  }
}
