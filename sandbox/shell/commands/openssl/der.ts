/** DER (X.690) as far as certificates are printed: elements by tag, length and content. */

export interface Element {
  tag: number;
  content: Uint8Array;
  /** Of an OBJECT IDENTIFIER, with dots; else empty. */
  oid: string;
}

const OBJECT_IDENTIFIER = 6;

/** The first element of `bytes`. */
export const element = (bytes: Uint8Array): Element => elements(bytes)[0]!;

/** What a SEQUENCE, SET or tagged element holds. */
export const children = ({ content }: Element): Element[] => elements(content);

function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++]!;
    let length = bytes[at++]!;
    if (length > 0x7f) {
      const count = length & 0x7f;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!;
    }
    const content = bytes.subarray(at, at + length);
    found.push({ tag, content, oid: tag === OBJECT_IDENTIFIER ? oidText(content) : '' });
    at += length;
  }
  return found;
}

function oidText(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (numbers.length > 0) numbers.push(number);
    else
      numbers.push(Math.min(2, Math.floor(number / 40)), number - 40 * Math.min(2, Math.floor(number / 40)));
    number = 0;
  }
  return numbers.join('.');
}
