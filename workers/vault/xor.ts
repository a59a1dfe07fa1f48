/** Each byte of one with that of the other. Throws when they are not equally long. */
export function xor(one: Buffer, other: Buffer): Buffer {
  if (one.length !== other.length) throw new Error('xor of different lengths');
  const both = Buffer.alloc(one.length);
  for (let at = 0; at < both.length; at += 1) both[at] = (one[at] ?? 0) ^ (other[at] ?? 0);
  return both;
}
