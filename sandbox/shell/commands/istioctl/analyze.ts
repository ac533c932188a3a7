/**
 * `istioctl analyze [FILE…]`: what is wrong with the mesh's configuration, in the cluster, in files, or in the cluster as it
 * would be with the files. Messages IST0101, 0102, 0103, 0106 (in part), 0107, 0108, 0109, 0112, 0118, 0123, 0127, 0130 and
 * 0131; left out are those about kinds that this mesh does not have (Gateway, ServiceEntry, Sidecar, Telemetry, …) and about
 * several clusters or revisions. A file's line is where the host, name or port stands that a message is about.
 */
import { Errno } from '../../../os/errno.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { parseYaml, splitDocuments, YamlError } from '../kubectl/manifest.ts';
import { toYaml } from '../kubectl/printers/yaml.ts';
import { injection } from './analysis/injection.ts';
import { MessageList, messageText, originOf, type Level, type Message } from './analysis/message.ts';
import { virtualServices } from './analysis/virtual-service.ts';
import { annotations, policies, portNames } from './analysis/workloads.ts';
import type { IstioctlCommand } from './istioctl.ts';
import { MeshObjects, type MeshKind, type MeshObject } from './mesh-objects.ts';

const KINDS: readonly MeshKind[] = [
  'Namespace',
  'Service',
  'Pod',
  'Deployment',
  'VirtualService',
  'DestinationRule',
  'PeerAuthentication',
  'AuthorizationPolicy',
];
const ANALYZERS = [injection, virtualServices, portNames, annotations, policies];
const LEVELS: readonly Level[] = ['Info', 'Warning', 'Error'];
const DOCUMENTATION = 'https://istio.io/v1.30/docs/reference/config/analysis';
/** How istioctl ends when analyzers found something. */
const FOUND_ISSUES = 79;
const EXTENSIONS = ['.json', '.yaml', '.yml'];

export class IssuesFound extends CommandError {
  constructor(target: string) {
    super(
      `Analyzers found issues when analyzing ${target}.\nSee ${DOCUMENTATION} for more information about causes and resolutions.`,
      FOUND_ISSUES,
    );
  }
}

export const analyze: IstioctlCommand = {
  use: 'analyze <file>...',
  short: 'Analyze Istio configuration and print validation messages',
  flags: [
    flag('all-namespaces,A', false, 'Analyze all namespaces'),
    flag(
      'use-kube,k',
      true,
      'Use live Kubernetes cluster for analysis. Set --use-kube=false to analyze files only.',
    ),
    flag('output,o', 'log', 'Output format: one of [json log yaml]'),
    flag('output-threshold', 'Info', 'The severity level of analysis at which to display messages.'),
    flag(
      'failure-threshold',
      'Error',
      'The severity level of analysis at which to set a non-zero exit code.',
    ),
    flag('suppress,S', [], 'Suppress reporting a message code on a specific resource: <code>=<resource>', {
      kind: 'array',
    }),
    flag('color', false, 'Accepted and without effect.'),
    flag('recursive,R', true, 'Directories are always read with what is below them.'),
    flag('verbose', false, 'Accepted and without effect.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const everywhere = flags.bool('all-namespaces');
    const { namespace } = invocation.namespace;
    const target = everywhere ? 'all namespaces' : `namespace: ${namespace}`;
    const objects = flags.bool('use-kube')
      ? await MeshObjects.read(invocation.api, KINDS)
      : new MeshObjects();
    if (flags.bool('use-kube') && !everywhere && !objects.get('Namespace', '', namespace)) {
      await invocation.printError(`namespace ${JSON.stringify(namespace)} not found\n`);
      return;
    }
    const files: string[] = [];
    let unreadable = 0;
    for (const path of invocation.args)
      for (const file of filesAt(invocation, path)) {
        files.push(file);
        if (!(await addFile(invocation, objects, file, namespace))) unreadable++;
      }
    const findings = new MessageList(objects);
    const report = findings.report.bind(findings);
    for (const analyzer of ANALYZERS) analyzer({ objects, report });
    const relevant = findings
      .sorted()
      .filter(({ object }) => everywhere || namespaceOf(object) === namespace)
      .filter((message) => !flags.list('suppress').some((text) => suppresses(text, message)));
    const shown = relevant.filter(({ level }) => atLeast(level, flags.string('output-threshold')));
    await print(invocation, shown);
    if (shown.length === 0 && unreadable === 0) {
      const where =
        files.length === 0
          ? ` ${target}.`
          : files.length === 1
            ? ` ${files[0]}.`
            : `:\n  - ${files.join('\n  - ')}`;
      await invocation.printError(`✔ No validation issues found when analyzing${where}\n`);
    }
    if (flags.string('output') !== 'log') return;
    if (relevant.some(({ level }) => atLeast(level, flags.string('failure-threshold'))))
      throw new IssuesFound(target);
    if (unreadable > 0) throw new CommandError("Some files couldn't be parsed.");
  },
};

const atLeast = (level: Level, threshold: string): boolean =>
  LEVELS.indexOf(level) >= LEVELS.findIndex((each) => each.toLowerCase() === threshold.toLowerCase());

/** A namespace is in itself. */
const namespaceOf = ({ kind, metadata }: MeshObject): string | undefined =>
  kind === 'Namespace' ? metadata.name : metadata.namespace;

/** `IST0103=Pod web.shop`, with `*` for any text. */
function suppresses(text: string, { code, object }: Message): boolean {
  const [wanted, resource = ''] = text.split('=');
  const { name, namespace } = object.metadata;
  const full = `${object.kind} ${name}${namespace ? `.${namespace}` : ''}`;
  const parts = resource.split('*');
  let from = 0;
  return (
    wanted === code &&
    parts.every((part, index) => {
      const at = full.indexOf(part, from);
      from = at + part.length;
      return (
        at >= 0 && (index > 0 || at === 0) && (index < parts.length - 1 || part === '' || full.endsWith(part))
      );
    })
  );
}

async function print(invocation: Invocation, messages: readonly Message[]): Promise<void> {
  const format = invocation.flags.string('output');
  if (format === 'log') {
    await invocation.print(`${messages.map((message) => `${messageText(message)}\n`).join('')}`);
    return;
  }
  if (format !== 'json' && format !== 'yaml')
    throw new CommandError(`${format} not a valid option for format. See istioctl analyze --help`);
  const values = messages.map(({ code, level, object, text, line }) => ({
    code,
    documentationUrl: `${DOCUMENTATION}/${code.toLowerCase()}/`,
    level,
    message: text,
    origin: originOf(object),
    ...(object.origin ? { reference: `${object.origin.file}:${line}` } : {}),
  }));
  await invocation.print(format === 'json' ? `${JSON.stringify(values, null, '\t')}\n` : toYaml(values));
}

/** A file, or the files below a directory that have a name for it. */
function filesAt(invocation: Invocation, path: string): string[] {
  const { process } = invocation;
  const { fileSystem } = process;
  let kind;
  try {
    ({ kind } = fileSystem.stat(process.resolve(path)));
  } catch (error) {
    if (error instanceof Errno) throw new CommandError(`stat ${path}: ${error.message.toLowerCase()}`);
    throw error;
  }
  if (kind !== 'directory') return [path];
  return fileSystem
    .readDirectory(process.resolve(path))
    .map((name) => `${path.replace(/\/$/, '')}/${name}`)
    .flatMap((below) => filesAt(invocation, below))
    .filter((below) => EXTENSIONS.some((extension) => below.endsWith(extension)));
}

/** False: what stands there is no YAML. */
async function addFile(
  invocation: Invocation,
  objects: MeshObjects,
  file: string,
  namespace: string,
): Promise<boolean> {
  const text = invocation.process.readTextFile(file);
  let complete = true;
  let from = 0;
  for (const document of splitDocuments(text)) {
    const start = text.indexOf(document, from);
    from = start + document.length;
    const line = text.slice(0, start).split('\n').length;
    try {
      const value = parseYaml(document) as MeshObject | undefined;
      if (!value?.kind || !value.metadata?.name) continue;
      const isClusterScoped = value.kind === 'Namespace';
      objects.add({
        ...value,
        metadata: {
          ...value.metadata,
          ...(isClusterScoped ? {} : { namespace: value.metadata.namespace ?? namespace }),
        },
        origin: { file, line, text: document },
      });
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      complete = false;
      await invocation.printError(`Error(s) adding files: error parsing ${file}: ${error.message}\n`);
    }
  }
  return complete;
}
