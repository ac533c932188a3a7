/** `docker exec`: another process in a container that runs. */
import { OpenFile } from '../../../os/open-file.ts';
import { openPipe } from '../../../os/pipe.ts';
import { Pty } from '../../../os/pty.ts';
import { flag } from '../kubectl/flags.ts';
import { followAttached, terminalFor } from './attached.ts';
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  short: 'Execute a command in a running container',
  args: [2, Infinity],
  programs: true,
  flags: [
    flag('env,e', [], 'Set environment variables'),
    flag('interactive,i', false, 'Keep STDIN open even if not attached'),
    flag('tty,t', false, 'Allocate a pseudo-TTY'),
  ],
  run: async ({ process, engine, flags, args: [name, ...argv] }) => {
    const terminal = terminalFor(process, flags.bool('tty'));
    const stdin = flags.bool('interactive');
    const environment = flags.list('env');
    let writing: Promise<void> = Promise.resolve();
    const copy = (fd: number, bytes: Uint8Array) => {
      writing = writing.then(() => process.write(fd, bytes));
      writing.catch(() => {});
    };
    const sink = (fd: number) => new OpenFile({ write: (bytes) => copy(fd, bytes) as undefined });
    const { reader, writer } = openPipe();
    const input = writer.acquire();
    const pty =
      terminal && new Pty({ machine: process.machine, columns: terminal.columns, rows: terminal.rows });
    pty?.onOutput((bytes) => copy(1, bytes));
    if (!stdin) input.close();
    const exitCode = await followAttached(
      process,
      {
        write: async (bytes) => {
          if (pty) pty.write(bytes ?? Uint8Array.of(4));
          else if (bytes) await input.operations.write?.(bytes);
          else input.close();
        },
        resize: (columns, rows) => pty?.resize(columns, rows),
        signal: () => {},
        ended: engine.containers.exec(name!, {
          argv,
          environment,
          files: pty ? [pty.file, pty.file, pty.file] : [reader, sink(1), sink(2)],
          ...(pty ? { terminal: pty } : {}),
        }),
      },
      { stdin, terminal },
    );
    await process.wait(writing);
    pty?.dispose();
    return exitCode;
  },
};
