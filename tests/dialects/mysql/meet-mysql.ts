import type { Identity } from '../../support/certificates.ts';
import { encryptForClient, encryptForServer } from '../../support/servers/encrypt.ts';
import type { Meeting } from '../../support/servers/front.ts';
import { take } from '../take.ts';

/** CLIENT_SSL, in the lower two bytes of a greeting's capabilities and of an SSLRequest's. */
const tls = 0x0800;
const requestBytes = 36;

/**
 * Shows `identity` to a client and encrypts to the server as well, which has to have TLS itself:
 * otherwise packets would count differently on both sides. With null the server seems to have none.
 * Source: MySQL source documentation, "Protocol::HandshakeV10" and "Protocol::SSLRequest".
 */
export function meetMysql(identity: Identity | null): Meeting {
  return async (client, server) => {
    const header = await take(server, 4);
    const greeting = await take(server, header.readUIntLE(0, 3));
    // Version of the protocol, the server's own and a zero; connection, eight bytes of salt, a zero.
    const at = greeting.indexOf(0, 1) + 14;
    const capabilities = greeting.readUInt16LE(at);
    if (identity === null) {
      greeting.writeUInt16LE(capabilities & ~tls, at);
      client.write(Buffer.concat([header, greeting]));
      return [client, server];
    }
    if ((capabilities & tls) === 0) throw new Error('The server has no TLS');
    client.write(Buffer.concat([header, greeting]));
    server.write(await take(client, requestBytes));
    return [encryptForClient(client, identity), await encryptForServer(server)];
  };
}
