/** Where the data of a ConfigMap or Secret comes from: literals, files, directories, env files. */
import { decode } from '../../../../core/bytes.ts';
import { Errno } from '../../../../os/errno.ts';
import { readWhole } from '../../../../os/open.ts';
import { CommandError, lowerFirst } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';

export const SOURCE_FLAGS: readonly Flag[] = [
  flag(
    'from-file',
    [],
    'File whose contents become a value, as [KEY=]PATH; a directory gives each of its files.',
    {
      kind: 'strings',
    },
  ),
  flag('from-literal', [], 'A key and its value (mykey=somevalue).'),
  flag('from-env-file', [], 'File of lines key=value.', { kind: 'strings' }),
];

/** Adds every entry of the flags; throws for a key that is malformed or given twice. */
export async function readSources(
  invocation: Invocation,
  add: (key: string, value: Uint8Array | string) => void,
): Promise<void> {
  const { flags, process } = invocation;
  const files = flags.list('from-file');
  const literals = flags.list('from-literal');
  const envFiles = flags.list('from-env-file');
  if (envFiles.length > 0 && (files.length > 0 || literals.length > 0))
    throw new CommandError('from-env-file cannot be combined with from-file or from-literal');
  for (const literal of literals) {
    const at = literal.indexOf('=');
    if (at <= 0) throw new CommandError(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, at), literal.slice(at + 1));
  }
  for (const source of files) await addFile(invocation, source, add);
  for (const path of envFiles) {
    const text = decode(await readFile(invocation, path));
    text.split('\n').forEach((line) => {
      const trimmed = line.replace(/^\s+/, '').replace(/\r$/, '');
      if (trimmed === '' || trimmed.startsWith('#')) return;
      const equals = trimmed.indexOf('=');
      const key = equals < 0 ? trimmed : trimmed.slice(0, equals);
      const problem = variableNameProblem(key);
      if (problem) throw new CommandError(problem);
      // A name without a value takes it from the environment, and is left out where there is none.
      if (equals >= 0) add(key, trimmed.slice(equals + 1));
      else if (process.environment[key] !== undefined) add(key, process.environment[key]);
    });
  }
}

/** What is wrong with the name of an environment variable, if anything. */
export function variableNameProblem(name: string): string | undefined {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)
    ? undefined
    : `${JSON.stringify(name)} is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')`;
}

async function addFile(
  invocation: Invocation,
  source: string,
  add: (key: string, value: Uint8Array) => void,
): Promise<void> {
  const { process } = invocation;
  const parts = source.split('=');
  if (parts.length > 2) throw new CommandError("key names or file paths cannot contain '='");
  const path = parts.at(-1)!;
  if (parts.length === 2 && parts[0] === '') throw new CommandError(`key name for file path ${path} missing`);
  if (parts.length === 2 && path === '') throw new CommandError(`file path for key name ${parts[0]} missing`);
  const { files } = process.machine;
  let kind: string;
  try {
    kind = files.stat(process.resolve(path)).kind;
  } catch (error) {
    throw readError(path, error);
  }
  if (kind !== 'directory') {
    add(parts.length === 2 ? parts[0]! : path.split('/').at(-1)!, await readFile(invocation, path));
    return;
  }
  if (parts.length === 2) throw new CommandError('cannot give a key name for a directory path');
  for (const name of files.readDirectory(process.resolve(path))) {
    const inner = `${path.replace(/\/$/, '')}/${name}`;
    if (files.stat(process.resolve(inner)).kind === 'file') add(name, await readFile(invocation, inner));
  }
}

async function readFile({ process }: Invocation, path: string): Promise<Uint8Array> {
  try {
    return await readWhole(process, path);
  } catch (error) {
    throw readError(path, error);
  }
}

function readError(path: string, error: unknown): unknown {
  if (!(error instanceof Errno)) return error;
  return new CommandError(`error reading ${path}: ${lowerFirst(error.message)}`);
}

const KEY = /^[-._a-zA-Z0-9]+$/;

export function checkKey(key: string, kind: string, name: string, taken: boolean): void {
  if (!KEY.test(key))
    throw new CommandError(
      `${JSON.stringify(key)} is not a valid key name for a ${kind}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    );
  if (taken)
    throw new CommandError(
      `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ${kind} ${JSON.stringify(name)}`,
    );
}
