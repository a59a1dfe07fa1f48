import { gzipSync } from 'node:zlib';

/** A body that no operation takes, and how it is announced. */
export interface HostileBody {
  readonly what: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth);
const kilobytes = (count: number): string => 'x'.repeat(count * 1_024);
const bomb = gzipSync(Buffer.alloc(50 * 1_024 * 1_024, ' '));

/** What is wrong as JSON, or as the object that every input is: RPC's inputs in a query, too. */
export const hostileTexts: readonly HostileBody[] = [
  { what: 'half an object', body: '{' },
  { what: 'a name without a value', body: '{"a":}' },
  { what: 'a comma too many', body: '{"a":1,}' },
  { what: 'two values', body: '{} {}' },
  { what: 'NaN', body: '{"a":NaN}' },
  { what: 'single quotes', body: "{'a':1}" },
  { what: 'a comment', body: '{}//' },
  { what: 'nothing but NUL', body: '\0' },
  { what: 'NUL in a text', body: '{"a":"\0"}' },
  { what: 'an array', body: '[]' },
  { what: 'an array of one input', body: '[{}]' },
  { what: 'a text', body: '"{}"' },
  { what: 'a number', body: '7' },
  { what: '1e400', body: '1e400' },
  { what: 'true', body: 'true' },
  { what: 'null', body: 'null' },
  { what: 'a field of 1e400', body: '{"hostile":1e400}' },
  { what: 'a field called __proto__', body: '{"__proto__":{"role":"ADMIN"}}' },
  { what: 'a field called constructor', body: '{"constructor":{"prototype":{"role":"ADMIN"}}}' },
  { what: 'a field without a name', body: '{"":1}' },
  { what: 'a field of NUL', body: '{"\\u0000":1}' },
  { what: 'a field of a lone surrogate', body: '{"\\ud800":1}' },
  { what: 'a field twice', body: '{"hostile":1,"hostile":2}' },
  { what: '33 arrays', body: nested(33, '[', ']') },
  { what: '33 objects', body: `${'{"a":'.repeat(33)}1${'}'.repeat(33)}` },
  { what: '33 arrays below a field', body: `{"a":${nested(32, '[', ']')}}` },
];

/** What only a body can be. */
export const hostileBodies: readonly HostileBody[] = [
  { what: '50,000 arrays', body: nested(50_000, '[', ']') },
  { what: '50,000 arrays that never end', body: '['.repeat(50_000) },
  {
    what: '500 unknown fields',
    body: JSON.stringify(
      Array(500)
        .fill(0)
        .reduce<object>((all, _, n) => ({ ...all, [`f${n}`]: n }), {}),
    ),
  },
  { what: '100 KB', body: `{"hostile":"${kilobytes(100)}"}` },
  { what: '1 MB', body: `{"hostile":"${kilobytes(1_024)}"}` },
  {
    what: 'bytes that are no UTF-8',
    body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  },
  { what: 'UTF-16', body: Buffer.from('{"hostile":1}', 'utf16le') },
  { what: '50 MB out of 50 KB', body: bomb, headers: { 'content-encoding': 'gzip' } },
  { what: 'no gzip, called gzip', body: '{}', headers: { 'content-encoding': 'gzip' } },
  { what: 'half a gzip', body: bomb.subarray(0, 100), headers: { 'content-encoding': 'gzip' } },
  { what: 'gzip twice', body: '{}', headers: { 'content-encoding': 'gzip, gzip' } },
  { what: 'an unknown encoding', body: '{}', headers: { 'content-encoding': 'compress' } },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/json; charset=utf-7',
    'application/json-seq',
  ].map((type) => ({ what: type, body: '{}', headers: { 'content-type': type } })),
];
