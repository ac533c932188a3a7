/** `test` and `[` as programs (`env test`, `find -exec test`): the shell's own, in a shell of its own. */
import type { Program } from '../../../os/machine.ts';
import { interpreter } from '../../execution.ts';
import { Shell } from '../../shell.ts';
import { TestError, testWords } from '../../test-expression.ts';
import { commandName } from '../command.ts';

const USAGE = `Usage: test EXPRESSION
       [ EXPRESSION ]
Exit with the status determined by EXPRESSION.

  -e FILE, -f FILE, -d FILE, -s FILE, -r FILE, -w FILE, -x FILE, -L FILE
  -n STRING, -z STRING, A = B, A != B
  A -eq B, -ne, -lt, -le, -gt, -ge
  ! EXPR, EXPR -a EXPR, EXPR -o EXPR, ( EXPR )
`;

export const program: Program = async (process) => {
  const name = commandName(process);
  let words = process.argv.slice(1);
  // `test --help` is an operand that is not empty.
  if (name === '[' && words.length === 1 && words[0] === '--help') {
    await process.print(USAGE);
    return 0;
  }
  try {
    if (name === '[') {
      if (words.at(-1) !== ']') throw new TestError("missing ']'");
      words = words.slice(0, -1);
    }
    return testWords(new Shell(process, interpreter, { name }), words) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await process.printError(`${name}: ${error.message}\n`);
    return 2;
  }
};
