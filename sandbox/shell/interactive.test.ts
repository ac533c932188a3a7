/** A person at a terminal: what the screen shows for what is typed. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { encode, Utf8Decoder, decode } from '../core/bytes.ts';
import { RealClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { macrotask } from '../core/slice.ts';
import { Machine } from '../os/machine.ts';
import { MemoryFileSystem } from '../os/memory-file-system.ts';
import { Pty } from '../os/pty.ts';
import { mountSystemFiles } from '../os/system-files.ts';
import { WorkerBatchTools } from './batch.ts';
import { commandNames, findCommand, findCompletions } from './commands/registry.ts';
import { startShell } from './login.ts';

const batch = new WorkerBatchTools(() => {
  const worker = new Worker(new URL('./conformance/batch-thread.ts', import.meta.url));
  return {
    port: {
      postMessage: (message) => worker.postMessage(message),
      onMessage: (listener) => void worker.removeAllListeners('message').on('message', listener),
    },
    terminate: () => void worker.terminate(),
  };
});

function boot(): Machine {
  const clock = new RealClock();
  const files = new MemoryFileSystem({ clock });
  for (const path of ['/root', '/work']) files.mkdir(path);
  const machine = new Machine({
    hostname: 'slipway',
    files,
    clock,
    random: new Random(1),
    batch,
    findProgram: findCommand,
    programNames: commandNames,
    completions: findCompletions,
  });
  mountSystemFiles(machine);
  return machine;
}

class Screen {
  static readonly all: Screen[] = [];
  readonly pty: Pty;
  readonly exited: Promise<number>;
  #output = '';
  #changed: (() => void)[] = [];

  constructor(machine: Machine) {
    this.pty = new Pty({ machine, columns: 80, rows: 24 });
    const decoder = new Utf8Decoder();
    this.pty.onOutput((bytes) => {
      this.#output = (this.#output + decoder.push(bytes)).slice(-200_000);
      for (const tell of this.#changed.splice(0)) tell();
    });
    this.exited = startShell(machine, this.pty, {
      environment: { HOME: '/root', PATH: '/usr/bin:/bin', PS1: '$ ' },
      directory: '/work',
    }).exited;
    Screen.all.push(this);
  }

  /** Types `keys` and waits until the screen shows `wanted`; what it shows since then, without cursor movement. */
  async type(keys: string, wanted: string | RegExp): Promise<string> {
    this.#output = '';
    this.pty.write(encode(keys));
    return await this.until(wanted);
  }

  /** Waits until a program called `name` has the terminal. */
  async running(machine: Machine, name: string): Promise<void> {
    while (
      ![...machine.processes.values()].some(
        (each) => each.argv[0] === name && each.processGroup === this.pty.foreground,
      )
    )
      await macrotask();
  }

  async until(wanted: string | RegExp): Promise<string> {
    for (;;) {
      const text = this.#output.replace(/\u001b\[[?0-9;]*[A-Za-z]/g, '').replaceAll('\r', '');
      if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) return text;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }
}

afterEach(() => {
  for (const screen of Screen.all.splice(0)) screen.pty.dispose();
});

async function open(machine = boot()): Promise<Screen> {
  const screen = new Screen(machine);
  await screen.until('$ ');
  return screen;
}

const PROMPT = /\n\$ $/;

describe('a prompt', () => {
  test('runs what is typed and comes back', async () => {
    const screen = await open();
    expect(await screen.type('echo $((6*7))\r', PROMPT)).toContain('\n42\n');
    expect(await screen.type('false\recho $?\r', '\n1\n')).toContain('1');
  });

  test('messages name no lines, in a subshell neither', async () => {
    const screen = await open();
    expect(await screen.type('f() { (nosuchname); }; f\r', PROMPT)).toContain(
      '\nbash: nosuchname: command not found\n',
    );
  });

  test('kill %1 ends a fork bomb', async () => {
    const machine = boot();
    machine.processLimit = 100;
    const screen = await open(machine);
    await screen.type(':(){ :|:& };:\r', 'fork: retry');
    await screen.type('kill -9 %1\r', 'kill');
    await expect.poll(() => machine.processes.size, { timeout: 10_000 }).toBe(1);
  });

  test('asks for more while a command is not complete', async () => {
    const screen = await open();
    await screen.type('for i in a b; do\r', '> ');
    expect(await screen.type('echo "<$i>"; done\r', PROMPT)).toContain('<a>\n<b>\n');
  });

  test('Ctrl-C gives up a line, a loop and a program', async () => {
    const machine = boot();
    const screen = await open(machine);
    expect(await screen.type('echo no\u0003', PROMPT)).not.toContain('\nno');
    await screen.type('while :; do :; done\r', 'done');
    await screen.type('\u0003', PROMPT);
    await screen.type('sleep 1000\r', 'sleep');
    await screen.running(machine, 'sleep');
    await screen.type('\u0003', PROMPT);
    expect(await screen.type('echo $?\r', PROMPT)).toContain('\n130\n');
  });

  test('Ctrl-Z, jobs, fg, bg and kill', async () => {
    const machine = boot();
    const screen = await open(machine);
    await screen.type('sleep 1000\r', 'sleep 1000\n');
    await screen.running(machine, 'sleep');
    expect(await screen.type('\u001a', PROMPT)).toContain('[1]+  Stopped                 sleep 1000');
    expect(await screen.type('bg\r', PROMPT)).toContain('[1]+ sleep 1000 &');
    expect(await screen.type('jobs\r', PROMPT)).toContain('[1]+  Running                 sleep 1000 &');
    await screen.type('fg\r', '\nsleep 1000\n');
    await screen.running(machine, 'sleep');
    await screen.type('\u001a', PROMPT);
    // Whether a job is gone before the next prompt, which would tell of it, depends on how busy the thread is.
    expect(await screen.type('kill %1; sleep 0.01; jobs\r', 'Terminated')).toContain(
      '[1]+  Terminated              sleep 1000',
    );
  });

  test('exit ends it with its code', async () => {
    const screen = await open();
    screen.pty.write(encode('exit 3\r'));
    expect(await screen.exited).toBe(3);
  });

  test('an unknown command is met with the nearest name', async () => {
    const screen = await open();
    expect(await screen.type('kubeclt get pods\r', PROMPT)).toContain(
      "bash: kubeclt: command not found\nDid you mean 'kubectl'?\n",
    );
  });
});

describe('the line editor', () => {
  test('history: arrows, search, !!, and the file it survives in', async () => {
    const machine = boot();
    const screen = await open(machine);
    await screen.type('echo first\r', PROMPT);
    await screen.type('echo second\r', PROMPT);
    expect(await screen.type('\u001b[A\u001b[A\r', PROMPT)).toContain('\nfirst\n');
    expect(await screen.type('\u0012sec\r', PROMPT)).toContain('\nsecond\n');
    expect(await screen.type('!!\r', PROMPT)).toContain('\necho second\nsecond\n');
    expect(decode(machine.files.readFile('/root/.bash_history'))).toContain('echo first\necho second\n');
    const again = await open(machine);
    expect(await again.type('\u001b[A\r', PROMPT)).toContain('\nsecond\n');
  });

  test('kill, yank, undo and the last argument', async () => {
    const screen = await open();
    expect(await screen.type('one two\u0017\u0015echo \u0019\r', PROMPT)).toContain('\none two\n');
    expect(await screen.type('echo \u001b.\r', PROMPT)).toContain('\ntwo\n');
    expect(await screen.type('echo keep\u0017\u001f\r', PROMPT)).toContain('\nkeep\n');
  });

  test('Tab completes commands, files, directories and variables', async () => {
    const machine = boot();
    machine.files.mkdir('/work/some dir');
    machine.files.writeFile('/work/some dir/file.txt', encode('found\n'));
    const screen = await open(machine);
    expect(await screen.type('cat so\tf\t\r', PROMPT)).toContain('\nfound\n');
    expect(await screen.type('echo $HOM\t\r', PROMPT)).toContain('\n/root\n');
    expect(await screen.type('base\t\t\t\t', 'basename')).toContain('base64');
    await screen.type('\u0003', PROMPT);
  });

  test('output that does not end its line is not overwritten by the prompt', async () => {
    const screen = await open();
    expect(await screen.type("printf 'no end'\r", PROMPT)).toMatch(/\nno end\n\$ $/);
    expect(await screen.type("printf '\\e[1mbold\\e[0m\\n'\r", PROMPT)).toMatch(/\nbold\n\$ $/);
  });

  test('PS0 is shown between a command and what it prints', async () => {
    const screen = await open();
    await screen.type("PS0='\\a$((1 + 1))> '\r", PROMPT);
    expect(await screen.type('echo a\r', PROMPT)).toContain('\n\u00072> a\n');
  });

  test('a paste of several lines waits for Enter', async () => {
    const screen = await open();
    await screen.type('\u001b[200~echo a\necho b\u001b[201~', 'echo b');
    expect(await screen.type('\r', PROMPT)).toContain('\na\nb\n');
  });

  test('what is typed while a command runs is not lost', async () => {
    const screen = await open();
    screen.pty.write(encode('sleep 0.05\recho typed ahead\r'));
    expect(await screen.until(/\ntyped ahead\n\$ $/)).toContain('typed ahead');
  });
});

describe('nothing freezes it', () => {
  test.each([
    'yes',
    'cat /dev/urandom',
    'while true; do echo spam; done',
    'f() { f | f & }; f',
    "grep -E '(a+)+$' <<< aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "awk 'BEGIN { while (1); }'",
    '[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab =~ ^(a+)+$ ]]',
  ])('%s', { timeout: 20_000 }, async (command) => {
    const machine = boot();
    const [screen, other] = [await open(machine), await open(machine)];
    screen.pty.write(encode(`${command}\r`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await other.type('echo alive\r', /\nalive\n/)).toContain('alive');
    await screen.type('\u0003', /\$ $/);
    expect(await screen.type('echo back\r', /\nback\n/)).toContain('back');
    for (const process of machine.processes.values()) process.signal('KILL');
  });

  test('ten megabytes of here-document', { timeout: 20_000 }, async () => {
    const machine = boot();
    machine.files.writeFile(
      '/work/big.sh',
      encode(`wc -c <<E\n${'x'.repeat(99)}\n`.concat(`${'x'.repeat(99)}\n`.repeat(104_857), 'E\n')),
    );
    const screen = await open(machine);
    expect(await screen.type('bash big.sh\r', PROMPT)).toContain('\n10485800\n');
  });
});
