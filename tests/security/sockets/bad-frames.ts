/** A request that leaves open where it ends, or what it says; a second one is behind it. */
export interface BadFrame {
  readonly what: string;
  readonly frame: string;
}

const post = (headers: readonly string[], body: string): string =>
  ['POST /api/v1/auth/login HTTP/1.1', 'Host: localhost', ...headers, '', body].join('\r\n');
const get = (...headers: readonly string[]): string =>
  ['GET /api/healthz HTTP/1.1', 'Host: localhost', ...headers, '', ''].join('\r\n');

const lengths = ['+5', '-1', '0x5', '5 5', '5, 5', '5;', '', '1e1', '５', '99999999999999999999'];
const encodings = ['xchunked', 'chunked, identity', 'identity', 'chunked;x=1', '"chunked"', 'gzip'];
const chunks = [
  'g\r\n',
  '0x5\r\n',
  '-1\r\n',
  '+5\r\n',
  ' 5\r\n',
  '5 \r\n',
  'FFFFFFFFFFFFFFFFF\r\n',
];

/** After RFC 9112, sections 2.2, 5.1, 5.2, 6.1 to 6.3 and 7.1. */
export const badFrames: readonly BadFrame[] = [
  {
    what: 'both lengths',
    frame: post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  },
  {
    what: 'both, the other way round',
    frame: post(['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
  },
  { what: 'two lengths', frame: post(['Content-Length: 5', 'Content-Length: 6'], 'hello') },
  {
    what: 'the same length twice',
    frame: post(['Content-Length: 5', 'Content-Length: 5'], 'hello'),
  },
  ...lengths.map((length) => ({
    what: `a length of ${length || 'nothing'}`,
    frame: Buffer.from(post([`Content-Length: ${length}`], 'hello')).toString('latin1'),
  })),
  ...encodings.map((encoding) => ({
    what: `Transfer-Encoding: ${encoding}`,
    frame: post([`Transfer-Encoding: ${encoding}`], '0\r\n\r\n'),
  })),
  {
    what: 'two encodings',
    frame: post(['Transfer-Encoding: identity', 'Transfer-Encoding: x'], '0\r\n\r\n'),
  },
  ...chunks.map((chunk) => ({
    what: `a chunk of ${JSON.stringify(chunk)}`,
    frame: post(
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      `${chunk}hello\r\n0\r\n\r\n`,
    ),
  })),
  {
    what: 'a chunk that is longer',
    frame: post(
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      '5\r\nhello!!\r\n0\r\n\r\n',
    ),
  },
  {
    what: 'a bare LF after a chunk size',
    frame: post(
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      '5\nhello\r\n0\r\n\r\n',
    ),
  },
  {
    what: 'a bare CR in a chunk extension',
    frame: post(
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      '5;a\rb\r\nhello\r\n0\r\n\r\n',
    ),
  },
  {
    what: 'a bare LF in a chunk extension',
    frame: post(
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      '5;a\nb\r\nhello\r\n0\r\n\r\n',
    ),
  },
  { what: 'a bare LF between headers', frame: get('X-A: 1\nX-B: 2') },
  { what: 'a bare CR between headers', frame: get('X-A: 1\rX-B: 2') },
  { what: 'a folded header', frame: get('X-A: 1', ' more') },
  { what: 'a space before the colon', frame: get('X-A : 1') },
  { what: 'a space before the colon of a length', frame: post(['Content-Length : 5'], 'hello') },
  { what: 'a header that is no name', frame: get('X(A): 1') },
  { what: 'a header without a colon', frame: get('nothing') },
  { what: 'a header without a name', frame: get(': 1') },
  { what: 'NUL in a name', frame: get('X\0A: 1') },
  { what: 'NUL in a value', frame: get('X-A: a\0b') },
  { what: 'a space before the first header', frame: get().replace('Host', ' Host') },
  { what: 'no Host', frame: get().replace('Host', 'X-Host') },
  { what: 'two of Host', frame: get('Host: elsewhere') },
  { what: 'a method in lower case', frame: get().replace('GET', 'get') },
  { what: 'a method that nobody knows', frame: get().replace('GET', 'GETT') },
  { what: 'another protocol', frame: get().replace('HTTP/1.1', 'ICE/1.0') },
  { what: 'a version that there is not', frame: get().replace('HTTP/1.1', 'HTTP/9.9') },
  { what: 'two versions', frame: get().replace('HTTP/1.1', 'HTTP/1.1 HTTP/1.1') },
  { what: 'a space in the target', frame: get().replace('/api/healthz', '/api/ healthz') },
  { what: 'NUL in the target', frame: get().replace('healthz', 'heal\0thz') },
  { what: 'a bare LF after the request line', frame: get().replace('HTTP/1.1\r\n', 'HTTP/1.1\n') },
  { what: 'TLS', frame: '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03' },
  { what: 'HTTP/2', frame: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
];
