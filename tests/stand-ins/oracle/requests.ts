import { FieldReader } from './fields.ts';

/** What a client asks for. */
export type Request =
  | { readonly kind: 'protocol' | 'data types' | 'rollback' | 'log off' | 'unknown' }
  | { readonly kind: 'sign-in' | 'proof'; readonly user: string; readonly values: Values }
  | { readonly kind: 'fetch'; readonly cursor: number; readonly rows: number }
  | Execution;

export interface Execution {
  readonly kind: 'execute';
  readonly text: string;
  /** Of each `:name` of the text in its order. */
  readonly binds: readonly string[];
  /** Rows that are asked for at once. */
  readonly rows: number;
}

/** By their names, as AUTH_PASSWORD. */
export type Values = { readonly [name: string]: string };

const [called, piggyback, rowData] = [3, 17, 7];

/** Reads a whole message. Throws for one that is cut off. */
export function readRequest(message: Buffer): Request {
  const reader = new FieldReader(message);
  let kind = reader.byte();
  while (kind === piggyback) {
    // Cursors to be closed: function, sequence, pointer, and their numbers.
    reader.skip(3);
    reader.integers(reader.integer());
    kind = reader.byte();
  }
  if (kind === 1) return { kind: 'protocol' };
  if (kind === 2) return { kind: 'data types' };
  if (kind !== called) return { kind: 'unknown' };
  const called_ = reader.byte();
  reader.skip(1);
  return readCall(called_, reader);
}

function readCall(called_: number, reader: FieldReader): Request {
  switch (called_) {
    case 118:
      return { kind: 'sign-in', ...readSignIn(reader) };
    case 115:
      return { kind: 'proof', ...readSignIn(reader) };
    case 94:
      return readExecution(reader);
    case 5:
      return { kind: 'fetch', cursor: reader.integer(), rows: reader.integer() };
    case 15:
      return { kind: 'rollback' };
    case 9:
      return { kind: 'log off' };
    default:
      return { kind: 'unknown' };
  }
}

function readSignIn(reader: FieldReader): { user: string; values: Values } {
  reader.skip(1);
  // Length of the user's name, mode.
  reader.integers(2);
  reader.skip(1);
  const count = reader.integer();
  reader.skip(2);
  const user = reader.bytes().toString();
  const read = (): string => (reader.integer() > 0 ? reader.bytes().toString() : '');
  const pairs = Array.from({ length: count }, () => {
    const pair = [read(), read()] as const;
    reader.integer();
    return pair;
  });
  return { user, values: Object.fromEntries(pairs) };
}

function readExecution(reader: FieldReader): Execution {
  // Options, cursor; then of the statement, of vectors, of what is not asked for.
  reader.integers(2);
  reader.skip(1);
  reader.integer();
  reader.skip(1);
  reader.integer();
  reader.skip(3);
  const [rows = 0] = reader.integers(2);
  reader.skip(1);
  const bindCount = reader.integer();
  reader.skip(6);
  reader.integers(2);
  reader.skip(3);
  reader.integer();
  reader.skip(1);
  reader.integers(2);
  reader.skip(1);
  reader.integer();
  reader.skip(2);
  reader.integer();
  reader.skip(1);
  reader.integer();
  reader.skip(2);
  reader.integer();
  const text = reader.bytes().toString();
  reader.integers(13);
  for (let n = 0; n < bindCount; n += 1) readBindType(reader);
  if (bindCount > 0 && reader.byte() !== rowData) throw new RangeError('No binds');
  const binds = Array.from({ length: bindCount }, () => reader.bytes().toString());
  return { kind: 'execute', text, binds, rows };
}

function readBindType(reader: FieldReader): void {
  reader.skip(4);
  // Length, elements, flags, type, version, character set.
  reader.integers(6);
  reader.skip(1);
  reader.integers(2);
}
