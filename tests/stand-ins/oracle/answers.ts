import { bytes, integer, text } from './fields.ts';

/*
 * Messages of a server with TTC field version 12 (Oracle Database 19c), as node-oracledb 26.0.0 reads
 * them in lib/thin/protocol/messages.
 */

const [varchar, long] = [1, 8];
const utf8 = 873;

/** A column of text: of bounded length, or the LONG of old. */
export type ColumnKind = 'text' | 'long';

export type Rows = readonly (readonly (string | null)[])[];

/** What the server can, in answer to what the client can. */
export function protocol(): Buffer {
  const fdo = Buffer.alloc(11);
  // AL16UTF16, the national character set.
  fdo.writeUInt16BE(2_000, 9);
  const compiled = Buffer.alloc(45);
  compiled[7] = 12;
  const runtime = Buffer.from([2, 1, 0, 0, 0, 0, 4]);
  const charset = Buffer.alloc(2);
  charset.writeUInt16LE(utf8);
  return Buffer.concat([
    ...[Buffer.from([1, 6, 0]), Buffer.from('x86_64/Linux 2.4.xx\0'), charset],
    ...[Buffer.from([1, 0, 0, 0, fdo.length]), fdo, bytes(compiled), bytes(runtime)],
  ]);
}

/** The database's time zone, UTC, and no type that is converted. */
export function dataTypes(): Buffer {
  return Buffer.from([2, 0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0, 0, 0]);
}

/** Values by their names, of a sign-in. */
export function parameters(
  values: readonly (readonly [name: string, value: string, flag?: number])[],
): Buffer {
  const pairs = values.flatMap(([name, value, flag = 0]) => [
    ...[text(name), text(value), integer(flag)],
  ]);
  return Buffer.concat([Buffer.from([8]), integer(values.length), ...pairs]);
}

/** The end of an answer that has neither rows nor an error. */
export function status(): Buffer {
  return Buffer.concat([Buffer.from([9]), integer(1), integer(0)]);
}

/** What a query's rows look like. */
export function columns(kinds: readonly ColumnKind[]): Buffer {
  const described = kinds.map((kind, n) =>
    Buffer.concat([
      Buffer.from([kind === 'long' ? long : varchar, 0, 0, 0]),
      ...[integer(4_000), integer(0), integer(0), integer(0), integer(0), integer(utf8)],
      ...[Buffer.from([1]), integer(4_000), integer(0), Buffer.from([1, 2])],
      ...[text(`C${n}`), integer(0), integer(0), integer(n), integer(0)],
    ]),
  );
  const count = [integer(kinds.length), ...(kinds.length > 0 ? [Buffer.from([0])] : [])];
  const tail = Array.from({ length: 6 }, () => integer(0));
  return Buffer.concat([Buffer.from([16, 0]), integer(0), ...count, ...described, ...tail]);
}

/** Begins a part of a query's rows. */
export function rowHeader(): Buffer {
  return Buffer.concat([Buffer.from([6, 0]), ...Array.from({ length: 6 }, () => integer(0))]);
}

export function row(values: readonly (string | null)[], kinds: readonly ColumnKind[]): Buffer {
  // A LONG is followed by an indicator and a return code.
  const fields = values.map((value, n) =>
    kinds[n] === 'long' ? Buffer.concat([bytes(value), integer(0), integer(0)]) : bytes(value),
  );
  return Buffer.concat([Buffer.from([7]), ...fields]);
}

export const noMoreRows = 1_403;

/** The end of an answer to a statement; with an error, unless `number` is 0. */
export function end(number = 0, message = '', cursor = 0): Buffer {
  const rowId = [integer(0), integer(0), Buffer.from([0]), integer(0), integer(0)];
  return Buffer.concat([
    ...[Buffer.from([4]), integer(1), integer(0), integer(0), integer(number % 65_536)],
    ...[integer(0), integer(0), integer(cursor), integer(0), Buffer.alloc(6), ...rowId],
    ...[integer(0), Buffer.from([0, 0]), integer(0), integer(0), integer(0), integer(0)],
    ...[integer(0), integer(0), integer(number), integer(0)],
    ...(number === 0 ? [] : [bytes(message)]),
  ]);
}
