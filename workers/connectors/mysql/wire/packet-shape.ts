/**
 * Whether bytes have the shape that MySQL's protocol gives them. The driver trusts the server: a
 * length beyond a packet makes it read the next one, so everything is checked before it looks.
 * Shapes: MySQL internals manual, "Text Resultset".
 */

const nullField = 0xfb;

/** The offset behind a length-encoded string that lies before `end`; -1 when there is none. */
function afterString(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at];
  if (first === undefined || at >= end) return -1;
  let next: number;
  if (first < nullField) next = at + 1 + first;
  else if (first === 0xfc && at + 3 <= end) next = at + 3 + bytes.readUInt16LE(at + 1);
  else if (first === 0xfd && at + 4 <= end) next = at + 4 + bytes.readUIntLE(at + 1, 3);
  // 0xfe would begin a string of 16 MiB and more, which no row may have.
  else return -1;
  return next <= end ? next : -1;
}

/** A row of `count` texts, each possibly null. */
export function isTextRow(bytes: Buffer, start: number, end: number, count: number): boolean {
  let at = start;
  for (let field = 0; field < count; field += 1) {
    if (bytes[at] === nullField && at < end) at += 1;
    else at = afterString(bytes, at, end);
    if (at === -1) return false;
  }
  return at === end;
}

/** A column definition: six strings, then twelve bytes with their length before them. */
export function isColumnDefinition(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  for (let text = 0; text < 6; text += 1) {
    at = afterString(bytes, at, end);
    if (at === -1) return false;
  }
  return bytes[at] === 0x0c && at + 13 === end;
}

/** The status flags of an OK packet; null when it is none. */
export function statusOfOk(body: Buffer): number | null {
  const rows = afterInteger(body, 1);
  const at = rows === -1 ? -1 : afterInteger(body, rows);
  return at === -1 || at + 4 > body.length ? null : body.readUInt16LE(at);
}

function afterInteger(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === undefined || first === nullField || first === 0xff) return -1;
  return at + 1 + (first < nullField ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 8);
}
