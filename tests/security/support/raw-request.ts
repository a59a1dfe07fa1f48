import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

interface RawAnswer {
  readonly status: number;
  readonly text: string;
  /** How many bytes of the body were taken off our hands before the answer came. */
  readonly sentBytes: number;
  /** The most that this process grew meanwhile, API included, in bytes. */
  readonly grownBytes: number;
}

/**
 * Sends `head` and then `totalBytes` of `chunk`, as fast as the server takes them, until it answers.
 * Nothing of the body is held here: what this process grows by is the server's doing.
 */
export async function sendSlab(
  url: string,
  head: readonly string[],
  { totalBytes, chunk, end = '' }: { totalBytes: number; chunk: Buffer; end?: string },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  let isOver = false;
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  socket.on('error', () => (isOver = true)); // a reset after the answer: the rest is not wanted
  socket.on('close', () => (isOver = true));
  const closed = once(socket, 'close').catch(() => {});
  const startBytes = process.memoryUsage().rss;
  let peakBytes = startBytes;
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  let sentBytes = 0;
  for (; sentBytes < totalBytes && text === '' && !isOver; sentBytes += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), closed]).catch(() => {});
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }
  socket.write(end);
  for (let waits = 0; text === '' && !isOver && waits < 500; waits += 1) await delay(10);
  socket.destroy();
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    text,
    sentBytes: Math.min(sentBytes, socket.bytesWritten),
    grownBytes: peakBytes - startBytes,
  };
}
