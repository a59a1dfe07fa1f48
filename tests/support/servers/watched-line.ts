import { connect } from 'node:net';
import { type SocketServer, startSocketServer } from './socket-server.ts';

interface Watch {
  /** Shown every piece of what is asked, just before it goes on its way. */
  readonly onAsked: (piece: Buffer) => void;
  /** Handed every piece of an answer, to pass it on now or later. */
  readonly onAnswer?: (piece: Buffer, pass: (piece: Buffer) => void) => void;
}

/** A line to the server of a PostgreSQL url, and the same url by way of it. */
export async function startWatchedLine(
  databaseUrl: string,
  { onAsked, onAnswer = (piece, pass) => pass(piece) }: Watch,
): Promise<SocketServer & { readonly url: string }> {
  const url = new URL(databaseUrl);
  const backend = { host: url.hostname, port: Number(url.port) };
  const server = await startSocketServer((near) => {
    const far = connect(backend);
    far.on('data', (piece) => onAnswer(piece, (passed) => near.write(passed)));
    near.on('data', (piece) => {
      onAsked(piece);
      far.write(piece);
    });
    near.on('close', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  url.port = String(server.port);
  return { ...server, url: url.href };
}
