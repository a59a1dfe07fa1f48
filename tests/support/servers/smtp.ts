import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A message as it came over the wire, its text decoded. */
interface ReceivedMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: string;
  readonly text: string;
}

/** A mail server on loopback that takes messages and delivers none: enough of RFC 5321. */
export interface SmtpServer {
  readonly port: number;
  readonly messages: readonly ReceivedMessage[];
  /** Every line that any client has sent. */
  readonly lines: readonly string[];
  /** How many messages it still answers with "try again later". */
  busyFor: number;
  close(): Promise<void>;
}

export async function startSmtpServer(): Promise<SmtpServer> {
  const messages: ReceivedMessage[] = [];
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const state = { busyFor: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    void converse(socket, lines, (message) => {
      if (state.busyFor > 0) {
        state.busyFor -= 1;
        return '451 Come back later';
      }
      messages.push(message);
      return '250 Taken';
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(state, {
    port: address.port,
    messages,
    lines,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

async function converse(
  socket: Socket,
  lines: string[],
  take: (message: ReceivedMessage) => string,
): Promise<void> {
  const say = (line: string) => socket.write(`${line}\r\n`);
  let from = '';
  let to: string[] = [];
  let data: string[] | null = null;
  say('220 stand-in');
  for await (const line of createInterface({ input: socket })) {
    lines.push(line);
    if (data) {
      if (line !== '.') data.push(line.replace(/^\.\./, '.'));
      else {
        say(take({ from, to, ...parsed(data) }));
        data = null;
      }
      continue;
    }
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO') say('250-stand-in\r\n250 8BITMIME');
    else if (verb === 'MAIL') [from, to] = [address, []];
    else if (verb === 'RCPT') to.push(address);
    else if (verb === 'DATA') data = [];
    if (verb === 'MAIL' || verb === 'RCPT') say('250 OK');
    else if (verb === 'DATA') say('354 Go on');
    else if (verb === 'QUIT') socket.end('221 Bye\r\n');
    else if (verb !== 'EHLO') say('502 Unknown');
  }
}

function parsed(data: readonly string[]): Pick<ReceivedMessage, 'headers' | 'text'> {
  const [headers = '', ...body] = data.join('\r\n').split('\r\n\r\n');
  const text = body.join('\r\n\r\n');
  const isQuoted = /quoted-printable/i.test(headers);
  return { headers, text: isQuoted ? unquoted(text) : text };
}

function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
