/** `configMapGenerator` and `secretGenerator`: objects from literals, files and env files. */
import { toBase64 } from '../../../core/base64.ts';
import { decode, encode } from '../../../core/bytes.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { nameOf } from '../../../os/path.ts';
import type { Generator, GeneratorOptions } from './kustomization.ts';
import { KustomizeError } from './resource.ts';

/** Reads a file named by the kustomization. */
export type ReadFile = (path: string) => Uint8Array;

export function generate(
  kind: 'ConfigMap' | 'Secret',
  generator: Generator,
  common: GeneratorOptions | undefined,
  read: ReadFile,
): { object: KubernetesObject; needsHash: boolean } {
  const { options = {} } = generator;
  const labels = { ...common?.labels, ...options.labels };
  const annotations = { ...common?.annotations, ...options.annotations };
  const pairs = pairsOf(generator, read);
  const object: KubernetesObject = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: generator.name,
      ...(generator.namespace ? { namespace: generator.namespace } : {}),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  };
  if (kind === 'Secret') {
    object.type = generator.type ?? 'Opaque';
    object.data = Object.fromEntries(pairs.map(([key, bytes]) => [key, toBase64(bytes)]));
  } else
    for (const [key, bytes] of pairs) {
      const text = decode(bytes);
      if (equalBytes(encode(text), bytes)) (object.data ??= {})[key] = text;
      else (object.binaryData ??= {})[key] = toBase64(bytes);
    }
  if (options.immutable ?? common?.immutable) object.immutable = true;
  return { object, needsHash: !(options.disableNameSuffixHash ?? common?.disableNameSuffixHash ?? false) };
}

function pairsOf(generator: Generator, read: ReadFile): [string, Uint8Array][] {
  const pairs: [string, Uint8Array][] = [];
  const { literals = [], files = [] } = generator;
  const within = <T>(what: string, sources: readonly string[], body: () => T): T => {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof KustomizeError)) throw error;
      throw new KustomizeError(`loading KV pairs: ${what} [${sources.join(' ')}]: ${error.message}`);
    }
  };
  const envs = [...(generator.envs ?? []), ...(generator.env ? [generator.env] : [])];
  within('env source files:', envs, () => {
    for (const path of envs) pairs.push(...envFile(decode(read(path))));
  });
  within('literal sources', literals, () => {
    for (const literal of literals) {
      const equals = literal.indexOf('=');
      if (equals <= 0) throw new KustomizeError(`invalid literal source ${literal}, expected key=value`);
      pairs.push([literal.slice(0, equals), encode(unquoted(literal.slice(equals + 1)))]);
    }
  });
  within('file sources:', files, () => {
    for (const source of files) {
      const equals = source.indexOf('=');
      const path = source.slice(equals + 1);
      pairs.push([equals < 0 ? nameOf(path) : source.slice(0, equals), read(path)]);
    }
  });
  const seen = new Set<string>();
  for (const [key] of pairs) {
    if (seen.has(key))
      throw new KustomizeError(`cannot add key ${key}, another key by that name already exists`);
    seen.add(key);
  }
  return pairs;
}

/** `KEY=value` lines; comments and empty lines are left out. */
function* envFile(text: string): Iterable<[string, Uint8Array]> {
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const equals = trimmed.indexOf('=');
    yield [
      equals < 0 ? trimmed : trimmed.slice(0, equals),
      encode(equals < 0 ? '' : trimmed.slice(equals + 1)),
    ];
  }
}

/** Quotes around the whole value are the shell's. */
const unquoted = (text: string) => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;

const equalBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);
