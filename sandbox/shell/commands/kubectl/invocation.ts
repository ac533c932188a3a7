/**
 * One run of a verb: its arguments and what kubectl's Factory provides – the API, the namespace of the
 * context, printing.
 */
import { parseDuration } from '../../../cluster/api/duration.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { Api } from './api.ts';
import { CommandError, UsageError } from './errors.ts';
import type { Arguments } from './flags.ts';
import { Kubeconfig } from './kubeconfig.ts';
import { RequestLog } from './request-log.ts';

export class Invocation {
  readonly process: Process;
  /** `kubectl get`, `kubectl rollout status`. */
  readonly command: string;
  readonly flags: Arguments;
  #api: Api | undefined;
  #config: Kubeconfig | undefined;

  constructor(process: Process, command: string, flags: Arguments) {
    this.process = process;
    this.command = command;
    this.flags = flags;
  }

  get args(): readonly string[] {
    return this.flags.positional;
  }

  get api(): Api {
    if (this.#api) return this.#api;
    const origin = this.process.machine.kube;
    if (!origin) throw new Errno('ECONNREFUSED', 'kube');
    // A context that does not exist is an error of every command that talks to a server.
    this.config.context(this.flags.string('context'));
    this.config.checkOverrides(this.#override('cluster'), this.#override('user'));
    const headers: Record<string, string> = {};
    const as = this.flags.string('as');
    if (as) headers['impersonate-user'] = as;
    const groups = this.flags.list('as-group');
    if (groups.length > 0) headers['impersonate-group'] = groups.join(', ');
    const token = this.flags.string('token');
    if (token) headers['authorization'] = `Bearer ${token}`;
    checkTimeout(this.flags.string('request-timeout'));
    const verbosity = this.flags.int('v');
    const log =
      verbosity > 0
        ? new RequestLog(this.process, verbosity, this.config.server(this.flags.string('context')))
        : undefined;
    return (this.#api = new Api(this.process, origin, headers, log));
  }

  /** A name that the kubeconfig must have. Verbs that give the flag another meaning make it a list. */
  #override(flag: 'cluster' | 'user'): string {
    const value: unknown = this.flags.string(flag);
    return typeof value === 'string' ? value : '';
  }

  get config(): Kubeconfig {
    return (this.#config ??= Kubeconfig.load(this.process, this.flags.string('kubeconfig')));
  }

  /** The namespace to work in, and whether it was named on the command line. */
  get namespace(): { namespace: string; explicit: boolean } {
    if (this.flags.changed('namespace') && this.flags.string('namespace'))
      return { namespace: this.flags.string('namespace'), explicit: true };
    return {
      namespace: this.config.context(this.flags.string('context')).namespace || 'default',
      explicit: false,
    };
  }

  now(): number {
    return this.process.machine.clock.now();
  }

  print(text: string | Uint8Array): Promise<void> | undefined {
    return this.process.print(text);
  }

  printError(text: string): Promise<void> | undefined {
    return this.process.printError(text);
  }

  usage(message: string): UsageError {
    return new UsageError(this.command, message);
  }
}

/** Throws for a `--request-timeout` that is no time. */
function checkTimeout(text: string): void {
  if (/^\d*$/.test(text)) return;
  try {
    parseDuration(text);
  } catch {
    throw new CommandError(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
}
