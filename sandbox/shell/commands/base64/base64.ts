/** GNU `base64`. */
import { fromBase64, toBase64 } from '../../../core/base64.ts';
import { concat } from '../../../core/bytes.ts';
import { CommandError, defineCommand } from '../command.ts';
import { Inputs } from '../input.ts';

export const program = defineCommand(
  {
    short: 'diw:',
    long: { decode: 'd', 'ignore-garbage': 'i', wrap: 'w' },
    usage:
      'base64 [OPTION]... [FILE]\nBase64 encode or decode FILE, or standard input, to standard output.\n\n  -d, --decode          decode data\n  -i, --ignore-garbage  when decoding, ignore non-alphabet characters\n  -w, --wrap=COLS       wrap encoded lines after COLS character (default 76)',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands.slice(0, 1));
    const chunks: Uint8Array[] = [];
    for await (const input of inputs) for (let bytes; (bytes = await input.read());) chunks.push(bytes);
    if (inputs.failed) return 1;
    const data = chunks.length === 0 ? new Uint8Array(0) : concat(chunks);
    if (options.has('d')) {
      let text = '';
      for (const byte of data) text += String.fromCharCode(byte);
      text = text.replaceAll('\n', '');
      if (options.has('i')) text = text.replace(/[^A-Za-z0-9+/=]/g, '');
      const valid = /^[A-Za-z0-9+/]*={0,2}/.exec(text)![0];
      const whole = valid.slice(0, valid.length - (valid.length % 4));
      await process.print(fromBase64(whole));
      if (whole.length !== text.length) throw new CommandError('invalid input');
      return 0;
    }
    const wrap = Number(options.get('w') ?? 76);
    let out = toBase64(data);
    if (wrap > 0) out = out.replace(new RegExp(`.{1,${wrap}}`, 'g'), '$&\n');
    await process.print(out);
    return 0;
  },
);
