/** A number in protobuf's variable length: seven bits a byte, the lowest first; below zero as 64 bits. */
export function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  if (typeof value === 'number' && value >= 0 && value <= 0x7fff_ffff) {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
    out.push(rest);
  } else {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
    out.push(Number(rest));
  }
  return Uint8Array.from(out);
}
