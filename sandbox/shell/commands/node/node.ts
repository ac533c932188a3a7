/**
 * `node`: JavaScript of the learner, in the terminal and in images (see `script/`). A file with its arguments,
 * `-e`, `-p`, `--check`, `--version`, or the standard input. Left out: the interactive prompt, npm, inspecting.
 */
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';

const VERSION = 'v24.11.1';
/** Node's exit code for options that make no sense. */
const INVALID_ARGUMENT = 9;
/** Options that change nothing here. */
const IGNORED =
  /^--(enable-source-maps|no-warnings|trace-[a-z-]+|unhandled-rejections=.*|max-old-space-size=.*|experimental-[a-z-]+|disable-warning=.*)$/;

export const program: Program = async (process) => {
  const words = process.argv.slice(1);
  let module = false;
  let envFile: string | undefined;
  for (;;) {
    const word = words[0];
    if (word === undefined || word === '-' || !word.startsWith('-')) break;
    words.shift();
    if (word === '--') break;
    const [option, inline] = splitOption(word);
    switch (option) {
      case '-v':
      case '--version':
        await process.print(`${VERSION}\n`);
        return 0;
      case '-h':
      case '--help':
        await process.print(
          'Usage: node [options] [ script.js ] [arguments]\n       node -e SCRIPT | -p EXPRESSION | --check script.js\n',
        );
        return 0;
      case '-e':
      case '--eval':
      case '-p':
      case '--print':
      case '-pe': {
        const text = inline ?? words.shift();
        if (text === undefined) return refuse(process, `${word} requires an argument`);
        return runScript(
          process,
          words,
          { text, print: option !== '-e' && option !== '--eval', module },
          envFile,
        );
      }
      case '--input-type':
        module = (inline ?? words.shift()) === 'module';
        break;
      case '--env-file':
        envFile = inline ?? words.shift();
        break;
      case '-c':
      case '--check':
        return check(process, words[0] ?? '');
      case '-i':
      case '--interactive':
        return refuse(process, 'the interactive prompt is not available here');
      case '--watch':
        return refuse(process, 'bad option: --watch is not available here');
      default:
        if (!IGNORED.test(word)) return refuse(process, `bad option: ${word}`);
    }
  }
  const file = words.shift();
  if (file === undefined || file === '-') {
    if (process.files[0]?.operations.terminal)
      return refuse(process, 'the interactive prompt is not available here: name a file, or use -e SCRIPT');
    return runScript(process, words, { text: await process.readAll(), print: false, module }, envFile);
  }
  const path = locate(process, process.resolve(file));
  if (path !== undefined) return runScript(process, words, { file: path }, envFile);
  await process.printError(
    `node:internal/modules/cjs/loader:1423\n  throw err;\n  ^\n\nError: Cannot find module '${process.resolve(file)}'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1420:15) {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js ${VERSION}\n`,
  );
  return 1;
};

function splitOption(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  return word.startsWith('--') && equals > 0 && !IGNORED.test(word)
    ? [word.slice(0, equals), word.slice(equals + 1)]
    : [word, undefined];
}

/** The file, or what a directory starts with. */
function locate({ fileSystem }: Process, path: string): string | undefined {
  for (const candidate of [path, `${path}.js`, `${path}.mjs`, `${path}.cjs`, `${path}/index.js`]) {
    try {
      if (fileSystem.stat(candidate).kind === 'file') return fileSystem.realPath(candidate);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
  return undefined;
}

async function runScript(
  process: Process,
  argv: string[],
  source: { file: string } | { text: string; print: boolean; module: boolean },
  envFile: string | undefined,
): Promise<number> {
  const { batch } = process.machine;
  if (!batch) return refuse(process, 'not available here: this machine has no workers to run it in');
  if (envFile !== undefined) {
    const text = process.readTextFile(envFile);
    for (const [, name, value] of text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/gm))
      process.environment[name!] ??= value!.replace(/^(["'])(.*)\1$/, '$2');
  }
  return batch.runScript(process, argv, source);
}

/** `--check`: whether a file can be read as JavaScript. */
async function check(process: Process, file: string): Promise<number> {
  const text = process.readTextFile(file);
  return runScript(
    process,
    [],
    { text: `new Function(${JSON.stringify(text.replace(/^#!.*/, ''))})`, print: false, module: false },
    undefined,
  );
}

async function refuse(process: Process, why: string): Promise<number> {
  await process.printError(`node: ${why}\n`);
  return INVALID_ARGUMENT;
}
