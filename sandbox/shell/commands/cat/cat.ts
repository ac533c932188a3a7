/** GNU `cat`. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'AbeEnstTuv',
    long: {
      'show-all': 'A',
      'number-nonblank': 'b',
      'show-ends': 'E',
      number: 'n',
      'squeeze-blank': 's',
      'show-tabs': 'T',
      'show-nonprinting': 'v',
    },
    usage:
      'cat [OPTION]... [FILE]...\nConcatenate FILE(s) to standard output.\n\nWith no FILE, or when FILE is -, read standard input.\n\n  -A, --show-all           equivalent to -vET\n  -b, --number-nonblank    number nonempty output lines, overrides -n\n  -E, --show-ends          display $ at end of each line\n  -n, --number             number all output lines\n  -s, --squeeze-blank      suppress repeated empty output lines\n  -T, --show-tabs          display TAB characters as ^I\n  -v, --show-nonprinting   use ^ and M- notation, except for LFD and TAB',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands);
    const all = options.has('A');
    const [ends, tabs, visible] = [
      all || options.has('E') || options.has('e'),
      all || options.has('T') || options.has('t'),
      all || options.has('v') || options.has('e') || options.has('t'),
    ];
    const [blank, number, squeeze] = [options.has('b'), options.has('n'), options.has('s')];
    if (!ends && !tabs && !visible && !blank && !number && !squeeze) {
      for await (const input of inputs)
        for (let bytes; (bytes = await input.read());) await process.print(bytes);
      return inputs.failed ? 1 : 0;
    }
    let [line, empty] = [0, 0];
    for await (const input of inputs) {
      for await (const lines of linesOf(input)) {
        let out = '';
        for (let text of lines) {
          empty = text === '' ? empty + 1 : 0;
          if (squeeze && empty > 1) continue;
          if (visible) text = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, caret);
          if (tabs) text = text.replaceAll('\t', '^I');
          const counted = blank ? text !== '' : number;
          out += `${counted ? `${String(++line).padStart(6)}\t` : ''}${text}${ends ? '$' : ''}\n`;
        }
        await process.print(out);
      }
    }
    return inputs.failed ? 1 : 0;
  },
);

const caret = (char: string): string =>
  char === '\u007f' ? '^?' : `^${String.fromCharCode(char.charCodeAt(0) + 64)}`;
