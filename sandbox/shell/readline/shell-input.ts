/** Joins shell, history and line editor: what an interactive shell reads its lines with. */
import { settle, type Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';
import { expandHistory, History, HistoryError } from './history.ts';
import { LineEditor } from './line-editor.ts';

export interface ShellInput {
  readLine(shell: Shell, prompt: string): Step<string | undefined>;
  /** A complete command was read. */
  remember(command: string): void;
}

/** Undefined when standard input is no terminal, or one that cannot be edited on. */
export function createShellInput(shell: Shell): ShellInput | undefined {
  const { process } = shell;
  const file = process.files[0];
  const terminal = file?.terminal;
  if (!file || !terminal || process.environment['TERM'] === 'dumb') return undefined;
  const home = shell.variables.get('HOME');
  const path =
    shell.variables.get('HISTFILE') ??
    (home && shell.flavour === 'bash' ? `${home}/.bash_history` : undefined);
  const history = new History(process, shell.history, path);
  const editor = new LineEditor({
    process,
    file,
    terminal,
    history: shell.history,
    complete: async (before) => (await import('./completion.ts')).complete(shell, before),
  });
  return {
    *readLine(_shell, prompt) {
      for (;;) {
        const line = yield* settle(process.wait(editor.read(prompt)));
        if (line === undefined || !shell.options.has('histexpand')) return line;
        try {
          const expanded = expandHistory(line, shell.history);
          if (expanded !== line) yield process.printError(`${expanded}\n`) ?? Promise.resolve();
          return expanded;
        } catch (error) {
          if (!(error instanceof HistoryError)) throw error;
          yield* shell.complain(error.message);
        }
      }
    },
    remember: (command) => history.add(command),
  };
}
