import { digestRequest, parseChallenge } from '../redshift/password-digest.ts';

/**
 * Tells whether a server message has exactly the shape its type promises, so that nobody who reads it
 * has to look where it ends. Shapes: PostgreSQL manual, "Message Formats".
 */
export function hasItsShape(type: string, bytes: Buffer, start: number, end: number): boolean {
  switch (type) {
    case 'D':
      return isDataRow(bytes, start, end);
    case 'E':
    case 'N':
      return isFieldList(bytes, start, end);
    case 'T':
      return isRowDescription(bytes, start, end);
    case 'S':
      return endsAfterStrings(bytes, start, end, 2);
    case 'C':
      return endsAfterStrings(bytes, start, end, 1);
    case 'A':
      return endsAfterStrings(bytes, start + 4, end, 2);
    case 'K':
      return end - start === 8;
    case 'Z':
      return end - start === 1;
    case 'I':
      return end === start;
    case 'R':
      return isAuthentication(bytes, start, end);
    default:
      // COPY, function calls, replication, prepared statements: nothing that we ever asked for.
      return false;
  }
}

function isDataRow(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const count = bytes.readInt16BE(start);
  let at = start + 2;
  for (let field = 0; field < count; field += 1) {
    if (at + 4 > end) return false;
    const length = bytes.readInt32BE(at);
    if (length < -1) return false;
    at += 4 + Math.max(length, 0);
    if (at > end) return false;
  }
  return count >= 0 && at === end;
}

function isRowDescription(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const count = bytes.readInt16BE(start);
  let at = start + 2;
  for (let field = 0; field < count; field += 1) {
    // A name, then table, column, type, size, modifier and format: 18 bytes.
    const name = afterString(bytes, at, end);
    if (name === null || name + 18 > end) return false;
    at = name + 18;
  }
  return count >= 0 && at === end;
}

function isFieldList(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== 0) {
    const next = afterString(bytes, at + 1, end);
    if (next === null) return false;
    at = next;
  }
  return at === end - 1;
}

function isAuthentication(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 4) return false;
  switch (bytes.readInt32BE(start)) {
    case 0:
    case 3:
      return end - start === 4;
    case 5:
      return end - start === 8;
    case 10: {
      let at = start + 4;
      while (at < end && bytes[at] !== 0) {
        const next = afterString(bytes, at, end);
        if (next === null) return false;
        at = next;
      }
      return at === end - 1;
    }
    case digestRequest:
      return parseChallenge(bytes.subarray(start, end)) !== null;
    default:
      return true;
  }
}

function endsAfterStrings(bytes: Buffer, start: number, end: number, count: number): boolean {
  let at: number | null = start;
  for (let n = 0; n < count && at !== null; n += 1) at = afterString(bytes, at, end);
  return at === end;
}

/** The offset behind a zero-terminated string that lies before `end`; null when there is none. */
function afterString(bytes: Buffer, start: number, end: number): number | null {
  const zero = bytes.indexOf(0, start);
  return zero === -1 || zero >= end ? null : zero + 1;
}
