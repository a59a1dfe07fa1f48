import type { Duplex } from 'node:stream';
import { ServerHandshake } from '../../stand-ins/sql-server/handshake.ts';
import type { Identity } from '../../support/certificates.ts';
import { encryptForClient } from '../../support/servers/encrypt.ts';
import type { Meeting } from '../../support/servers/front.ts';
import { take } from '../take.ts';

const encryption = { on: 1, notSupported: 2 } as const;
const [encryptionOption, terminator] = [0x01, 0xff];

/**
 * Shows `identity` to a client that asks for TLS, and goes without it to the server; with null the
 * server seems to have none. Source: [MS-TDS], section 2.2.6.5.
 */
export function meetSqlServer(identity: Identity | null): Meeting {
  return async (client, server) => {
    const request = await takePacket(client);
    const wanted = request.readUInt8(encryptionAt(request));
    request.writeUInt8(encryption.notSupported, encryptionAt(request));
    server.write(request);
    const answer = await takePacket(server);
    const encrypts = identity !== null && wanted !== encryption.notSupported;
    answer.writeUInt8(encrypts ? encryption.on : encryption.notSupported, encryptionAt(answer));
    client.write(answer);
    return [encrypts ? encryptForClient(new ServerHandshake(client), identity) : client, server];
  };
}

async function takePacket(stream: Duplex): Promise<Buffer> {
  const header = await take(stream, 8);
  return Buffer.concat([header, await take(stream, header.readUInt16BE(2) - 8)]);
}

/** Where in a packet the byte is that says who encrypts. */
function encryptionAt(packet: Buffer): number {
  for (let at = 8; packet[at] !== terminator; at += 5) {
    if (packet[at] === encryptionOption) return 8 + packet.readUInt16BE(at + 1);
  }
  throw new Error('Nothing is said of encryption');
}
