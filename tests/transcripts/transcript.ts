/**
 * Terminal sessions as text files: `$ kubectl get pods`, what it printed, `[exit 1]` when the exit code was not
 * 0. Files of the session stand first, each between `@file NAME` and `@end`; lines that begin with `#! ` before a
 * command are comments, and one that begins with `#! in any order` says that kubectl goes over a Go map there, so
 * that its lines change places from run to run. What differs from run to run is normalised on both sides before
 * they are compared.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Step {
  comments: string[];
  command: string;
  output: string;
  exitCode: number;
}

export interface Transcript {
  name: string;
  files: Map<string, string>;
  steps: Step[];
}

/** Somewhere that commands can be run. */
export interface Shell {
  write(path: string, text: string): void | Promise<void>;
  run(argv: string[]): Promise<{ output: string; exitCode: number }>;
}

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/** @param directory with a slash at its end. */
export function readTranscripts(directory = DIRECTORY): Transcript[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.transcript'))
    .sort()
    .map((file) =>
      parseTranscript(file.slice(0, -'.transcript'.length), readFileSync(directory + file, 'utf8')),
    );
}

export function parseTranscript(name: string, text: string): Transcript {
  const files = new Map<string, string>();
  const steps: Step[] = [];
  let file: { path: string; lines: string[] } | undefined;
  let comments: string[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const step = steps.at(-1);
    if (file) {
      if (line === '@end') {
        files.set(file.path, `${file.lines.join('\n')}\n`);
        file = undefined;
      } else file.lines.push(line);
    } else if (line.startsWith('@file ')) file = { path: line.slice('@file '.length), lines: [] };
    else if (line.startsWith('$ ')) {
      steps.push({ comments, command: line.slice(2), output: '', exitCode: 0 });
      comments = [];
    } else if (line.startsWith('#! ')) comments.push(line);
    else if (/^\[exit \d+\]$/.test(line) && step) step.exitCode = Number(line.slice('[exit '.length, -1));
    else if (step) step.output += `${line}\n`;
  }
  return { name, files, steps };
}

export function formatTranscript({ files, steps }: Transcript): string {
  let text = '';
  for (const [path, contents] of files) text += `@file ${path}\n${contents}@end\n`;
  for (const { comments, command, output, exitCode } of steps) {
    text += comments.map((line) => `${line}\n`).join('');
    text += `$ ${command}\n${output}${exitCode === 0 ? '' : `[exit ${exitCode}]\n`}`;
  }
  return text;
}

export function writeTranscript(transcript: Transcript, directory = DIRECTORY): void {
  writeFileSync(`${directory}${transcript.name}.transcript`, formatTranscript(transcript));
}

/** Words of a command: single and double quotes group, also within a word; nothing else is special. */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const char of command) {
    if (quote) {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

const REPLACEMENTS: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b(LIVE|MERGED)-\d+/g, '$1-<id>'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000/g, '<time>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=[+-]\d\d:\d\d)/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, '<time>'],
  [/(resourceVersion"?: ?)"\d+"/g, '$1"<version>"'],
  [/\b(?:slipway|transcripts|truth)-control-plane\b/g, '<node>'],
  [/\b(?:10|172|192)\.\d+\.\d+\.\d+\b/g, '<ip>'],
  [/-[bcdf0-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-<hash>-<id>'],
  [/(?<=\w)-(?=[a-f0-9]*\d)[bcdf0-9]{8,10}\b/g, '-<hash>'],
  [
    /((?:Created|Deleted) pod: [a-z0-9-]+-|\bpod [a-z0-9-]+\/[a-z0-9-]+-|\bpod(?:\/| ")[a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g,
    '$1<id>',
  ],
  [/(endpointslice\.discovery\.k8s\.io\/[a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1<id>'],
  [/(pod-template-hash=)[a-f0-9]+/g, '$1<hash>'],
  [/(kube-api-access-)[a-z0-9]{5}/g, '$1<id>'],
  [/\b3[0-2]\d{3}(?=\/(?:TCP|UDP))/g, '<node-port>'],
  [/(Container ID: +).*/g, '$1<id>'],
  [/(Image ID: +).*/g, '$1<id>'],
  [/(exec ")[0-9a-f]{64}"/g, '$1<id>"'],
  // Patch releases of the same minor one: what is on the path, in the package, in the cluster.
  [/\bv1\.35\.\d+/g, 'v1.35.<patch>'],
  [/(resource version to be \d+, was )\d+/g, '$1<version>'],
  [/(?<![\w.-])(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+[smhd](?= ago|\)|\s|$)/gm, '<age>'],
  [/\(x\d+ over <age>\)/g, '(<repeated>)'],
];

/** Without what differs from run to run; columns are two spaces apart, since their widths differ with it. */
export function normalise(text: string): string {
  let out = text;
  for (const [pattern, replacement] of REPLACEMENTS) out = out.replace(pattern, replacement);
  // How a rollout got there depends on the machine's speed; that it did is the next line.
  out = out.replace(/^Waiting for .*\n/gm, '');
  if (out !== '' && !out.endsWith('\n')) out += '\n[no newline]\n';
  return out
    .split('\n')
    .map((line) => line.replace(/(\S) {2,}/g, '$1  ').trimEnd())
    .join('\n');
}

/** Makes the namespace, unless it is there, and waits until pods can be made in it. */
export async function prepareNamespace(shell: Shell, namespace: string): Promise<void> {
  await shell.run(['kubectl', 'create', 'namespace', namespace]);
  await shell.run(['kubectl', 'wait', '--for=create', 'serviceaccount/default', '--timeout=30s']);
  await shell.run(['kubectl', 'wait', '--for=create', 'configmap/kube-root-ca.crt', '--timeout=30s']);
}

/** Runs every step; the transcript as it then reads. */
export async function replay(transcript: Transcript, shell: Shell): Promise<Transcript> {
  for (const [path, text] of transcript.files) await shell.write(path, text);
  const steps: Step[] = [];
  for (const step of transcript.steps) {
    const { output, exitCode } = await shell.run(splitWords(step.command));
    steps.push({ ...step, output: normalise(output), exitCode });
  }
  return { ...transcript, steps };
}
