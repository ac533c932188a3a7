/**
 * `/docker-entrypoint.sh` of the nginx image: before nginx starts it fills in templates from the
 * environment and runs what lies in `/docker-entrypoint.d`. A program here, so that a container starts
 * without a shell; scripts that somebody put there are run by one.
 */
import { encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import { findExecutable } from '../../../os/executable.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';

const DIRECTORY = '/docker-entrypoint.d';
const TEMPLATES = '/etc/nginx/templates';
const OUTPUT = '/etc/nginx/conf.d';

export const program: Program = async (process) => {
  const [, command = 'nginx', ...args] = process.argv;
  if (command === 'nginx' || command === 'nginx-debug') {
    const quiet = process.environment['NGINX_ENTRYPOINT_QUIET_LOGS'] !== undefined;
    await prepare(process, async (line) => {
      if (!quiet) await process.print(`${line}\n`);
    });
  }
  const next = await programCalled(process, command);
  if (!next) {
    await process.printError(`/docker-entrypoint.sh: exec: ${command}: not found\n`);
    return 127;
  }
  process.argv.splice(0, process.argv.length, command, ...args);
  return next(process);
};

async function prepare(process: Process, log: (line: string) => Promise<void>): Promise<void> {
  const name = '/docker-entrypoint.sh';
  const scripts = names(process, DIRECTORY);
  if (scripts.length === 0) return log(`${name}: No files found in ${DIRECTORY}/, skipping configuration`);
  await log(`${name}: ${DIRECTORY}/ is not empty, will attempt to perform configuration`);
  await log(`${name}: Looking for shell scripts in ${DIRECTORY}/`);
  for (const script of scripts) {
    const path = `${DIRECTORY}/${script}`;
    if (script === '20-envsubst-on-templates.sh') {
      await log(`${name}: Launching ${path}`);
      await fillTemplates(process, script, log);
    } else if (!script.endsWith('.sh')) await log(`${name}: Ignoring ${path}`);
    else if ((process.machine.files.stat(path).mode & 0o111) === 0)
      await log(`${name}: Ignoring ${path}, not executable`);
    else {
      await log(`${name}: Launching ${path}`);
      await runScript(process, path);
    }
  }
  await log(`${name}: Configuration complete; ready for start up`);
}

async function fillTemplates(
  process: Process,
  script: string,
  log: (line: string) => Promise<void>,
): Promise<void> {
  const { files } = process.machine;
  for (const template of names(process, TEMPLATES)) {
    if (!template.endsWith('.template')) continue;
    const output = `${OUTPUT}/${template.slice(0, -'.template'.length)}`;
    await log(`${script}: Running envsubst on ${TEMPLATES}/${template} to ${output}`);
    const text = process.readTextFile(`${TEMPLATES}/${template}`);
    // Only what the environment has: nginx's own variables look the same.
    const filled = text.replace(/\$\{(\w+)\}|\$(\w+)/g, (all, braced?: string, bare?: string) => {
      const variable = braced ?? bare!;
      return Object.hasOwn(process.environment, variable) ? process.environment[variable]! : all;
    });
    files.writeFile(output, encode(filled));
  }
}

async function runScript(process: Process, path: string): Promise<void> {
  const shell = await programCalled(process, 'sh');
  if (!shell) throw new Errno('ENOENT', path);
  const script = process.machine.spawn({
    argv: ['sh', path],
    program: shell,
    files: process.files,
    parent: process,
  });
  const exitCode = await process.wait(script.exited);
  if (exitCode !== 0) process.exit(exitCode);
}

async function programCalled(process: Process, name: string): Promise<Program | undefined> {
  const found = await findExecutable(process, name, process.environment['PATH'] ?? '');
  return found?.kind === 'program' ? found.program : undefined;
}

function names({ machine }: Process, path: string): string[] {
  try {
    return machine.files.readDirectory(path);
  } catch (error) {
    if (error instanceof Errno) return [];
    throw error;
  }
}
