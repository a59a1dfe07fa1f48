/** What a client asks for: [MS-TDS], sections 2.2.6.4 (LOGIN7), 2.2.6.6 (RPC), 2.2.6.7 (batch). */

export interface SignIn {
  readonly machine: string;
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly database: string;
}

export function readSignIn(payload: Buffer): SignIn {
  const field = (at: number): Buffer => {
    const from = payload.readUInt16LE(at);
    return payload.subarray(from, from + 2 * payload.readUInt16LE(at + 2));
  };
  const text = (at: number): string => field(at).toString('utf16le');
  return {
    machine: text(36),
    user: text(40),
    password: clear(field(44)).toString('utf16le'),
    application: text(48),
    database: text(68),
  };
}

/** Every half byte is swapped and every bit of 0xa5 turned: readable for whoever reads along. */
function clear(obscured: Buffer): Buffer {
  return Buffer.from(
    obscured.map((byte) => {
      const turned = byte ^ 0xa5;
      return ((turned & 0x0f) << 4) | (turned >> 4);
    }),
  );
}

export interface Call {
  readonly text: string;
  readonly numbers: { readonly [name: string]: number };
}

export function readBatch(payload: Buffer): Call {
  const text = payload.subarray(payload.readUInt32LE(0)).toString('utf16le');
  return { text, numbers: {} };
}

const procedureByNumber = 0xffff;
const executeSql = 10;
const intType = 0x26;
const textType = 0xe7;

/** A call of sp_executesql: statement, declaration of its parameters, their values. */
export function readCall(payload: Buffer): Call {
  let at = payload.readUInt32LE(0);
  const named = payload.readUInt16LE(at);
  if (named === procedureByNumber) {
    if (payload.readUInt16LE(at + 2) !== executeSql) throw new Error('Only sp_executesql is known');
    at += 4;
  } else {
    const name = payload.toString('utf16le', at + 2, at + 2 + 2 * named);
    if (name !== 'sp_executesql') throw new Error(`${name} is not known`);
    at += 2 + 2 * named;
  }
  at += 2;
  const texts: string[] = [];
  const numbers: { [name: string]: number } = {};
  while (at < payload.length) {
    const nameLength = 2 * payload.readUInt8(at);
    const name = payload.toString('utf16le', at + 1, at + 1 + nameLength).replace('@', '');
    at += 1 + nameLength + 1;
    const type = payload.readUInt8(at);
    if (type === intType) {
      const length = payload.readUInt8(at + 2);
      numbers[name] = length === 4 ? payload.readInt32LE(at + 3) : 0;
      at += 3 + length;
    } else if (type === textType) {
      const [text, end] = readText(payload, at + 1);
      texts.push(text);
      at = end;
    } else throw new Error(`No parameters of type ${type} are known`);
  }
  return { text: texts[0] ?? '', numbers };
}

/** NVARCHAR with its description: the most bytes, a collation; then its own bytes, or chunks. */
function readText(payload: Buffer, at: number): [string, number] {
  const most = payload.readUInt16LE(at);
  const start = at + 7;
  if (most !== 0xffff) {
    const length = payload.readUInt16LE(start);
    return [payload.toString('utf16le', start + 2, start + 2 + length), start + 2 + length];
  }
  let from = start + 8;
  const chunks: Buffer[] = [];
  for (;;) {
    const length = payload.readUInt32LE(from);
    from += 4;
    if (length === 0) return [Buffer.concat(chunks).toString('utf16le'), from];
    chunks.push(payload.subarray(from, from + length));
    from += length;
  }
}
