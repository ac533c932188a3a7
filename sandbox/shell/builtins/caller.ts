/** `caller`: where the function that runs was called from. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

export function* caller(shell: Shell, argv: string[]): Step<number> {
  const depth = Number(argv[1] ?? 0);
  if (!Number.isInteger(depth)) {
    yield* shell.complain(`caller: ${argv[1]}: invalid number`);
    return 2;
  }
  const at = shell.callSites.length - 1 - depth;
  const site = shell.callSites[at];
  if (!site) return 1;
  const line = site.source.lineAt(site.position);
  const outside = shell.commandString || shell.interactive ? 'NULL' : shell.name;
  const file = at > 0 ? shell.sourceFiles[at - 1] : outside;
  const name = at > 0 ? shell.functionNames[at - 1] : 'main';
  yield* shell.print(argv[1] === undefined ? `${line} ${file}\n` : `${line} ${name} ${file}\n`);
  return 0;
}
