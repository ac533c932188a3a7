/** Text as base64 of its UTF-8. */
import { encode } from '../../core/bytes.ts';

export const toBase64 = (text: string): string =>
  btoa(Array.from(encode(text), (byte) => String.fromCharCode(byte)).join(''));
