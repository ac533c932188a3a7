/** `promtool`: `check config FILE…`, `check rules FILE…`, `query instant SERVER EXPRESSION`. Left out: the rest. */
import { readText } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';
import { ConfigurationError, parseConfiguration } from './configuration.ts';
import { VERSION } from './http-api.ts';
import { parseRuleFile } from './rule-file.ts';

const EVALUATION_MS = 60_000;

export const program: Program = async (process) => {
  const [, command = '', what = '', ...rest] = process.argv;
  if (command === '--version') {
    await process.print(`promtool, version ${VERSION} (branch: HEAD)\n`);
    return 0;
  }
  if (command === 'check' && (what === 'config' || what === 'rules')) return check(process, what, rest);
  if (command === 'query' && what === 'instant') return query(process, rest);
  await process.printError(
    `promtool: error: ${[command, what].filter(Boolean).join(' ') || 'a command'} is not here; there are: check config, check rules, query instant\n`,
  );
  return 2;
};

async function check(process: Process, what: 'config' | 'rules', files: readonly string[]): Promise<number> {
  let failed = false;
  for (const path of files) {
    await process.print(`Checking ${path}\n`);
    try {
      const text = process.readTextFile(path);
      if (what === 'config') {
        const { ruleFiles } = parseConfiguration(text);
        if (ruleFiles.length > 0) await process.print(`  SUCCESS: ${ruleFiles.length} rule files found\n`);
        await process.print(` SUCCESS: ${path} is valid prometheus config file syntax\n\n`);
      } else {
        const rules = parseRuleFile(path, text, EVALUATION_MS).flatMap((group) => group.rules);
        await process.print(`  SUCCESS: ${rules.length} rules found\n\n`);
      }
    } catch (error) {
      if (!(error instanceof ConfigurationError || error instanceof Errno)) throw error;
      const reason = error instanceof Errno ? `open ${path}: ${error.message.toLowerCase()}` : error.message;
      await process.printError(`  FAILED: ${reason}\n\n`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

async function query(process: Process, [server, expression]: readonly string[]): Promise<number> {
  if (!server || !expression) {
    await process.printError("promtool: error: required argument 'server' or 'expr' not provided\n");
    return 2;
  }
  const { hostname, port } = new URL(server.includes('://') ? server : `http://${server}`);
  try {
    const response = await process.wait(
      process.machine.network!.fetch(hostname, Number(port || 80), {
        method: 'GET',
        path: `/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`,
        headers: { host: port ? `${hostname}:${port}` : hostname },
      }),
    );
    const answer = JSON.parse(await readText(response)) as {
      error?: string;
      errorType?: string;
      data?: {
        resultType: string;
        result: { metric: Record<string, string>; value: [number, string] }[] | [number, string];
      };
    };
    if (!answer.data) {
      await process.printError(`query error: ${answer.errorType}: ${answer.error}\n`);
      return 1;
    }
    const { resultType, result } = answer.data;
    if (resultType === 'vector')
      for (const { metric, value } of result as { metric: Record<string, string>; value: [number, string] }[])
        await process.print(`${shown(metric)} => ${value[1]} @[${value[0]}]\n`);
    else
      await process.print(
        `${resultType}: ${String((result as [number, string])[1])} @[${String(result[0])}]\n`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof Errno || error instanceof NameNotFound)) throw error;
    await process.printError(`query error: Get "${server}/api/v1/query": ${error.message}\n`);
    return 1;
  }
}

function shown({ __name__: name = '', ...labels }: Record<string, string>): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return texts.length > 0 || !name ? `${name}{${texts.join(', ')}}` : name;
}
