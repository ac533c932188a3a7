/**
 * What an operator may set, from the environment. Every limit is on by default; `docs/self-hosting.md` is
 * the page for people, and a test keeps it complete.
 */
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What paths are relative to. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Settings {
  /** The kind executable. */
  kind: string;
  /** Node image; undefined: the one that kind was released with. */
  kindImage: string | undefined;
  /** A kind configuration that ours is added to. */
  kindConfig: string | undefined;
  /** Toolbox image; undefined: built from `toolbox/` on first use. */
  toolboxImage: string | undefined;
  /** Folder of what is installed as add-ons: manifests and charts, fetched once. */
  addOnsFolder: string;
  /** Host names that requests may name besides those the server is bound to. */
  hosts: string[];
  /** Names this service on its engine: sessions are found again by the service that has the same name. */
  instance: string | undefined;
  limits: Limits;
}

export interface Limits {
  /** Sessions at the same time. */
  sessions: number;
  /** Sessions at the same time of one client address. */
  sessionsPerClient: number;
  /** A session ends this long after it began. */
  sessionMinutes: number;
  /** A session ends this long after its last connection closed. */
  idleMinutes: number;
  nodeMemoryMiB: number;
  nodeCpus: number;
  nodePids: number;
  toolboxMemoryMiB: number;
  toolboxCpus: number;
  toolboxPids: number;
}

/** A node with its pods; what one session is counted with when the default for `sessions` is chosen. */
const SESSION_MEMORY_MIB = 2048;

/** The name of every variable with its default, for the documentation's test. */
export const VARIABLES = {
  SLIPWAY_KIND: 'kind',
  SLIPWAY_KIND_IMAGE: '',
  SLIPWAY_KIND_CONFIG: '',
  SLIPWAY_TOOLBOX_IMAGE: '',
  SLIPWAY_ADD_ONS_FOLDER: '.slipway/add-ons',
  SLIPWAY_HOSTS: '',
  SLIPWAY_INSTANCE: '',
  SLIPWAY_MAX_SESSIONS: '',
  SLIPWAY_MAX_SESSIONS_PER_CLIENT: '2',
  SLIPWAY_SESSION_MINUTES: '120',
  SLIPWAY_IDLE_MINUTES: '15',
  SLIPWAY_NODE_MEMORY_MIB: '3072',
  SLIPWAY_NODE_CPUS: '2',
  SLIPWAY_NODE_PIDS: '4096',
  SLIPWAY_TOOLBOX_MEMORY_MIB: '512',
  SLIPWAY_TOOLBOX_CPUS: '1',
  SLIPWAY_TOOLBOX_PIDS: '256',
} as const;

type Variable = keyof typeof VARIABLES;

/** Throws `SettingsInvalid` with every mistake. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const mistakes: string[] = [];
  const text = (name: Variable) => environment[name] || VARIABLES[name] || undefined;
  const number = (name: Variable, fallback?: number): number => {
    const value = environment[name] || VARIABLES[name];
    if (value === '' && fallback !== undefined) return fallback;
    const parsed = Number(value);
    if (!(parsed > 0 && parsed < 1e9))
      mistakes.push(`${name}: expected a number above 0, received “${value}”`);
    return parsed;
  };
  const memoryMiB = totalmem() / 2 ** 20;
  const settings: Settings = {
    kind: text('SLIPWAY_KIND')!,
    kindImage: text('SLIPWAY_KIND_IMAGE'),
    kindConfig: text('SLIPWAY_KIND_CONFIG'),
    toolboxImage: text('SLIPWAY_TOOLBOX_IMAGE'),
    addOnsFolder: resolve(ROOT, text('SLIPWAY_ADD_ONS_FOLDER')!),
    hosts: (text('SLIPWAY_HOSTS') ?? '').split(',').flatMap((host) => host.trim() || []),
    instance: text('SLIPWAY_INSTANCE'),
    limits: {
      // Half of the machine's memory is left to everything else.
      sessions: number('SLIPWAY_MAX_SESSIONS', Math.max(1, Math.floor(memoryMiB / 2 / SESSION_MEMORY_MIB))),
      sessionsPerClient: number('SLIPWAY_MAX_SESSIONS_PER_CLIENT'),
      sessionMinutes: number('SLIPWAY_SESSION_MINUTES'),
      idleMinutes: number('SLIPWAY_IDLE_MINUTES'),
      nodeMemoryMiB: number('SLIPWAY_NODE_MEMORY_MIB'),
      nodeCpus: number('SLIPWAY_NODE_CPUS'),
      nodePids: number('SLIPWAY_NODE_PIDS'),
      toolboxMemoryMiB: number('SLIPWAY_TOOLBOX_MEMORY_MIB'),
      toolboxCpus: number('SLIPWAY_TOOLBOX_CPUS'),
      toolboxPids: number('SLIPWAY_TOOLBOX_PIDS'),
    },
  };
  if (mistakes.length > 0) throw new SettingsInvalid(mistakes);
  return settings;
}

/** Every mistake at once, a line each. */
export class SettingsInvalid extends Error {
  constructor(mistakes: string[]) {
    super(mistakes.join('\n'));
    this.name = 'SettingsInvalid';
  }
}
