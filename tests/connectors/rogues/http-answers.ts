import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Ending, HostileCase } from './hostile-case.ts';

/** What a rogue does with a connection that has sent a request. */
export type Answer = (socket: Socket) => Promise<void> | void;

interface HostileAnswer {
  readonly answer: Answer;
  readonly ends: Ending;
  readonly isHeavy?: true;
}

const MiB = 1024 * 1024;

const header = (status: string, ...lines: string[]): string =>
  [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
const chunked = header('200 OK', 'transfer-encoding: chunked', 'content-type: application/json');
const json = (text: string): string =>
  header('200 OK', `content-length: ${Buffer.byteLength(text)}`) + text;
const says =
  (text: string): Answer =>
  (socket) =>
    void socket.write(text);

// Which of the two something endless meets first is a matter of the machine's speed.
const cutOff: Ending = ['LIMIT_EXCEEDED', 'TIMEOUT'];

// Members of one gzip stream, so that the bomb is not as large here as it is there.
const bomb = Buffer.concat(Array(512).fill(gzipSync(Buffer.alloc(MiB, ' '))));

/** The cases of every wire, as ways to answer a request. */
export const usualAnswers = {
  'is mute at the sign-in': { answer: () => undefined, ends: 'TIMEOUT' },
  'drips byte by byte': {
    answer: (socket) => {
      // Less than any answer may have, so that it is waited for.
      socket.write(header('200 OK', 'content-length: 50000'));
      return drip(socket, ' ');
    },
    ends: 'TIMEOUT',
  },
  'promises an oversized frame': {
    answer: says(header('200 OK', 'content-length: 99999999999') + '{'),
    ends: 'LIMIT_EXCEEDED',
  },
  'sends rows without end': {
    answer: (socket) => flood(socket, chunked, `10000\r\n${' '.repeat(65_536)}\r\n`),
    ends: cutOff,
    isHeavy: true,
  },
  'writes an error of 100 KB': {
    answer: says(
      header('500 Internal Server Error', 'content-length: 102000') + 'Code: '.repeat(17_000),
    ),
    ends: 'SERVER_ERROR',
  },
  'speaks another protocol': {
    answer: says('\0\x01\x02SSH-2.0-rogue\r\n'),
    ends: 'PROTOCOL_ERROR',
  },
} satisfies { readonly [C in HostileCase]?: HostileAnswer };

/** What only servers of HTTP can do. */
export const moreAnswers = {
  'drips a header byte by byte': {
    answer: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: '),
    ends: 'TIMEOUT',
  },
  'stops amid a body': { answer: says(`${chunked}5\r\n{"a":`), ends: 'TIMEOUT' },
  'closes without an answer': {
    answer: (socket) => void socket.destroy(),
    ends: 'CONNECTION_LOST',
  },
  'closes amid a body': {
    answer: (socket) => void socket.end(`${header('200 OK', 'content-length: 100')}{"a":`),
    ends: 'CONNECTION_LOST',
  },
  'sends endless headers': {
    answer: (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(1_000)),
    ends: 'PROTOCOL_ERROR',
  },
  'sends endless interim answers': {
    answer: (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    ends: 'TIMEOUT',
  },
  'sends an endless body in pieces of a byte': {
    answer: (socket) => flood(socket, chunked, '1\r\n \r\n'.repeat(1_000)),
    ends: cutOff,
    isHeavy: true,
  },
  'sends a gzip bomb': {
    answer: (socket) => {
      socket.write(header('200 OK', 'content-encoding: gzip', `content-length: ${bomb.length}`));
      socket.write(bomb);
    },
    ends: cutOff,
    isHeavy: true,
  },
  'says gzip and means it not': {
    answer: says(header('200 OK', 'content-encoding: gzip', 'content-length: 5') + 'hello'),
    ends: 'PROTOCOL_ERROR',
  },
  'packs in a way that nobody asked for': {
    answer: says(header('200 OK', 'content-encoding: br', 'content-length: 5') + 'hello'),
    ends: 'PROTOCOL_ERROR',
  },
  'answers with what is not JSON': { answer: says(json('<html>')), ends: 'PROTOCOL_ERROR' },
  'answers with JSON of another shape': {
    answer: says(json('{"__proto__":{"status":1},"constructor":null}')),
    ends: 'PROTOCOL_ERROR',
  },
  'answers with a hundred thousand brackets': {
    answer: says(json('['.repeat(100_000))),
    ends: 'PROTOCOL_ERROR',
  },
  'redirects within its own name': {
    answer: says(header('302 Found', 'location: /elsewhere', 'content-length: 0')),
    ends: 'PROTOCOL_ERROR',
  },
  'asks for an upgrade': {
    answer: says(header('101 Switching Protocols', 'connection: upgrade', 'upgrade: h2c')),
    ends: 'CONNECTION_LOST',
  },
} satisfies { readonly [what: string]: HostileAnswer };

/** Sends whoever asks to a port of this machine. */
export const redirectTo = (port: number): Answer =>
  says(
    header('307 Temporary Redirect', `location: http://127.0.0.1:${port}/`, 'content-length: 0'),
  );

async function flood(socket: Socket, first: string, again: string): Promise<void> {
  socket.write(first);
  while (!socket.destroyed) {
    // Called when it has gone, or cannot go any more.
    await new Promise<void>((resolve) => socket.write(again, () => resolve()));
  }
}

async function drip(socket: Socket, text: string, again = 'a'): Promise<void> {
  socket.write(text);
  while (!socket.destroyed) {
    socket.write(again);
    await sleep(20);
  }
}
