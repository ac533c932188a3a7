/**
 * `nginx`: master process, signals and command line. HUP reads the configuration again and keeps the old
 * one when the new one is bad; QUIT and TERM end it. Workers are not processes of their own.
 */
import { encode } from '../../../core/bytes.ts';
import type { Disposable } from '../../../core/disposable.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { loadConfig, type Config, type ConfigFiles } from './config.ts';
import { Responder } from './responder.ts';
import { ConfigError } from './syntax.ts';

/** Master and workers in memory, and the CPU time of a request beside the kernel's. */
const MEMORY_BYTES = 3.5 * 1024 ** 2;
const REQUEST_MS = 0.1;

const PREFIX = '/etc/nginx/nginx.conf';

export const program: Program = async (process) => {
  const version = process.environment['NGINX_VERSION'] ?? '1.29.3';
  const options = parse(process.argv.slice(1));
  if (typeof options === 'string') {
    await process.printError(`nginx: ${options}\n`);
    return 1;
  }
  if (options.version) {
    await process.printError(`nginx version: nginx/${version}\n`);
    return 0;
  }
  const path = process.resolve(options.config ?? PREFIX);
  if (options.signal) return signalMaster(process, options.signal, path);
  let config: Config;
  try {
    config = loadConfig(path, filesOf(process));
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof Errno)) throw error;
    const message = error instanceof Errno ? `open() "${path}" failed (2: ${error.message})` : error.message;
    if (!options.test)
      await process.printError(`${stamp(process)} [emerg] ${process.pid}#${process.pid}: ${message}\n`);
    await process.printError(`nginx: [emerg] ${message}\n`);
    if (options.test) await process.printError(`nginx: configuration file ${path} test failed\n`);
    return 1;
  }
  if (options.test) {
    await process.printError(`nginx: the configuration file ${path} syntax is ok\n`);
    await process.printError(`nginx: configuration file ${path} test is successful\n`);
    if (options.dump) await process.print(`# configuration file ${path}:\n${process.readTextFile(path)}\n`);
    return 0;
  }
  return new Master(process, path, version).run(config);
};

class Master {
  readonly #process: Process;
  readonly #path: string;
  readonly #version: string;
  #config!: Config;
  #responder!: Responder;
  readonly #listening = new Map<number, Disposable>();

  constructor(process: Process, path: string, version: string) {
    this.#process = process;
    this.#path = path;
    this.#version = version;
  }

  async run(config: Config): Promise<number> {
    const process = this.#process;
    process.allocate(MEMORY_BYTES);
    try {
      if (!this.#use(config)) return 1;
      this.#write(config.pid, `${process.pid}\n`);
      this.#notice('using the "epoll" event method');
      this.#notice(`nginx/${this.#version}`);
      this.#notice('start worker processes');
      const signal = await process.wait(
        new Promise<string>((resolve) => {
          process.handlers.set('HUP', () => this.#reload());
          process.handlers.set('QUIT', () => resolve('SIGQUIT'));
          for (const name of ['TERM', 'INT'] as const)
            process.handlers.set(name, () => resolve(`SIG${name}`));
        }),
      );
      this.#notice(
        `signal ${signal === 'SIGQUIT' ? '3 (SIGQUIT)' : '15 (SIGTERM)'} received, ${signal === 'SIGQUIT' ? 'shutting down' : 'exiting'}`,
      );
      this.#notice('exit');
      return 0;
    } finally {
      for (const listening of this.#listening.values()) listening.dispose();
    }
  }

  /** Listens as `config` says. Answers whether it could; nothing has changed otherwise. */
  #use(config: Config): boolean {
    const { machine } = this.#process;
    const { network } = machine;
    const wanted = new Map<number, string>();
    for (const { listens } of config.servers)
      for (const { port, address } of listens) {
        // One address that is open to all opens the port to all.
        if (!wanted.has(port) || address === '0.0.0.0') wanted.set(port, address);
      }
    const added: number[] = [];
    for (const [port, address] of wanted) {
      if (this.#listening.has(port)) continue;
      try {
        if (!network) throw new Errno('ENETUNREACH');
        const listening = network.listen(port, (request, peer) => this.#serve(request, peer, port), address);
        this.#listening.set(port, listening);
        added.push(port);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        this.#error('emerg', `bind() to ${address}:${port} failed (98: ${error.message})`);
        for (const each of added) this.#close(each);
        return false;
      }
    }
    for (const port of this.#listening.keys()) if (!wanted.has(port)) this.#close(port);
    this.#config = config;
    this.#responder = new Responder({
      config,
      files: machine.files,
      network: network!,
      clock: machine.clock,
      version: this.#version,
      hostname: machine.hostname,
      onError: (message) => this.#error('error', `*1 ${message}`),
    });
    return true;
  }

  #close(port: number): void {
    this.#listening.get(port)?.dispose();
    this.#listening.delete(port);
  }

  #reload(): void {
    this.#notice('signal 1 (SIGHUP) received, reconfiguring');
    this.#notice('reconfiguring');
    try {
      if (this.#use(loadConfig(this.#path, filesOf(this.#process)))) this.#notice('start worker processes');
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof Errno)) throw error;
      this.#error('emerg', error.message);
    }
  }

  async #serve(...[request, peer, port]: Parameters<Responder['respond']>) {
    this.#process.charge(REQUEST_MS);
    const { response, location, line } = await this.#responder.respond(request, peer, port);
    const { accessLog } = location.settings;
    const format = accessLog && this.#config.logFormats.get(accessLog.format);
    if (format) this.#write(accessLog.path, `${line(format)}\n`, true);
    return response;
  }

  #notice(message: string): void {
    this.#error('notice', message);
  }

  #error(level: string, message: string): void {
    const { pid } = this.#process;
    const path = this.#config?.errorLog ?? '/var/log/nginx/error.log';
    this.#write(path, `${stamp(this.#process)} [${level}] ${pid}#${pid}: ${message}\n`, true);
  }

  /** Writes to a file; the image's log files are links to the standard streams. */
  #write(path: string, text: string, append = false): void {
    const { machine, files } = this.#process;
    try {
      const target = linkOf(this.#process, path);
      if (target === '/dev/stdout') void files[1]?.operations.write?.(encode(text));
      else if (target === '/dev/stderr' || path === 'stderr') void files[2]?.operations.write?.(encode(text));
      else if (append) machine.files.appendFile(path, encode(text));
      else machine.files.writeFile(path, encode(text));
    } catch (error) {
      // A log that cannot be written (read-only root) stops nobody from serving.
      if (!(error instanceof Errno)) throw error;
    }
  }
}

function linkOf({ machine }: Process, path: string): string {
  try {
    return machine.files.readLink(path);
  } catch {
    return path;
  }
}

/** `nginx -s reload`: signals the process that the pid file names. */
async function signalMaster(process: Process, signal: string, path: string): Promise<number> {
  const SIGNALS = { reload: 'HUP', stop: 'TERM', quit: 'QUIT', reopen: 'USR1' } as const;
  if (!Object.hasOwn(SIGNALS, signal)) {
    await process.printError(`nginx: invalid option: "-s ${signal}"\n`);
    return 1;
  }
  let pidPath = '/run/nginx.pid';
  try {
    pidPath = loadConfig(path, filesOf(process)).pid;
    const pid = Number(process.readTextFile(pidPath));
    const master = process.machine.processes.get(pid);
    if (!master) throw new Errno('ESRCH');
    await process.printError(
      `${stamp(process)} [notice] ${process.pid}#${process.pid}: signal process started\n`,
    );
    master.signal(SIGNALS[signal as keyof typeof SIGNALS]);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) await process.printError(`nginx: [emerg] ${error.message}\n`);
    else if (error instanceof Errno)
      await process.printError(`nginx: [error] open() "${pidPath}" failed (2: ${error.message})\n`);
    else throw error;
    return 1;
  }
}

interface CommandLine {
  config?: string;
  test?: boolean;
  dump?: boolean;
  version?: boolean;
  signal?: string;
}

function parse(args: string[]): CommandLine | string {
  const out: CommandLine = {};
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const value = () => args[++i];
    if (word === '-t') out.test = true;
    else if (word === '-T') out.test = out.dump = true;
    else if (word === '-q') continue;
    else if (word === '-v' || word === '-V') out.version = true;
    else if (word === '-c') out.config = value() ?? '';
    else if (word === '-s') out.signal = value() ?? '';
    else if (word === '-g' || word === '-p' || word === '-e') value();
    else return `invalid option: "${word.replace(/^-/, '')}"`;
  }
  return out;
}

function filesOf(process: Process): ConfigFiles {
  const { files } = process.machine;
  return {
    read: (path) => process.readTextFile(path),
    match: (pattern) => {
      const slash = pattern.lastIndexOf('/');
      const directory = pattern.slice(0, slash);
      const parts = pattern.slice(slash + 1).split('*');
      const escaped = parts.map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
      const wanted = new RegExp(`^${escaped.join('[^/]*')}$`);
      try {
        return files
          .readDirectory(directory)
          .filter((name) => wanted.test(name) && !name.startsWith('.'))
          .map((name) => `${directory}/${name}`);
      } catch (error) {
        if (error instanceof Errno) return [];
        throw error;
      }
    },
  };
}

/** `2026/11/24 10:50:39` */
function stamp({ machine }: Process): string {
  return new Date(machine.clock.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
}
