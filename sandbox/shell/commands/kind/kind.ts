/**
 * `kind`, as far as somebody needs it whose cluster is there already: `load docker-image` puts an image on its
 * nodes, `get clusters` and `get nodes` name them. It neither makes clusters nor deletes them.
 */
import { readText } from '../../../core/http.ts';
import { EngineError } from '../../../os/container-engine.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';

const CLUSTER = 'slipway';
const USAGE = `kind creates and manages local Kubernetes clusters using container 'nodes'

Usage:
  kind [command]

Available Commands:
  get         Gets one of [clusters, nodes]
  load        Loads images into nodes
  version     Prints the kind CLI version
`;

export const program: Program = async (process) => {
  const words = process.argv.slice(1);
  const args: string[] = [];
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '--name' || words[at] === '-n' || words[at] === '--nodes') at++;
    else if (!words[at]!.startsWith('-')) args.push(words[at]!);
  }
  const [command, what, ...names] = args;
  if (command === undefined || command === 'help') {
    await process.print(USAGE);
    return 0;
  }
  if (command === 'version') {
    await process.print('kind v0.31.0 go1.25.5 linux/amd64\n');
    return 0;
  }
  if (command === 'get' && what === 'clusters') {
    await process.print(`${CLUSTER}\n`);
    return 0;
  }
  if (command === 'get' && what === 'nodes') return getNodes(process);
  if (command === 'load' && what === 'docker-image') return load(process, names);
  if (command === 'create' || command === 'delete') {
    await process.printError(
      `ERROR: this machine has one cluster, ${CLUSTER}, and it comes with the exercise; Reset starts it anew\n`,
    );
    return 1;
  }
  await process.printError(`ERROR: unknown command "${args.slice(0, 2).join(' ')}" for "kind"\n`);
  return 1;
};

async function load(process: Process, names: string[]): Promise<number> {
  if (names.length === 0) {
    await process.printError('ERROR: a list of image names is required\n');
    return 1;
  }
  const engine = await process.wait(process.machine.engine!());
  for (const name of names) {
    try {
      const { id, nodes } = engine.images.load(name);
      for (const node of nodes)
        await process.printError(
          `Image: ${JSON.stringify(name)} with ID ${JSON.stringify(id)} not yet present on node ${JSON.stringify(node)}, loading...\n`,
        );
      if (nodes.length === 0)
        await process.printError(
          `Image: ${JSON.stringify(name)} with ID ${JSON.stringify(id)} found to be already present on all nodes.\n`,
        );
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      await process.printError(`ERROR: image: ${JSON.stringify(name)} not present locally\n`);
      return 1;
    }
  }
  return 0;
}

async function getNodes(process: Process): Promise<number> {
  const { kube } = process.machine;
  const response = await process.wait(kube!.fetch({ method: 'GET', path: '/api/v1/nodes', headers: {} }));
  const { items = [] } = JSON.parse(await readText(response)) as { items?: { metadata: { name: string } }[] };
  await process.print(items.map(({ metadata }) => `${metadata.name}\n`).join(''));
  return 0;
}
