import { ConnectionFailure } from '../connector.ts';

/** What we say to a server, as it goes over the wire. Shapes: PostgreSQL manual, "Message Formats". */

// Version 3.0, which every server and pooler speaks.
const protocolVersion = 196_608;

/** PgBouncer refuses any parameter that it does not know. */
export function startupMessage({ user, database }: { user: string; database: string }): Buffer {
  const parameters = { user, database, application_name: 'basekeep', client_encoding: 'UTF8' };
  const version = Buffer.alloc(4);
  version.writeInt32BE(protocolVersion);
  const strings = Object.entries(parameters).flat().map(terminated);
  return counted(Buffer.alloc(0), version, ...strings, Buffer.alloc(1));
}

export const queryMessage = (text: string): Buffer => message('Q', terminated(text));

export const passwordMessage = (password: string): Buffer => message('p', terminated(password));

/** The first answer to a server that asks for SASL. */
export function saslInitialResponse(mechanism: string, response: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(response.length);
  return message('p', terminated(mechanism), length, Buffer.from(response));
}

export const saslResponse = (response: string): Buffer => message('p', Buffer.from(response));

export const terminateMessage = message('X');

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  return counted(Buffer.from(type), ...parts);
}

/** Its type, when it has one, then the length of all the rest with that of the length itself. */
function counted(type: Buffer, ...parts: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(parts.reduce((sum, part) => sum + part.length, 4));
  return Buffer.concat([type, length, ...parts]);
}

/** A zero amid it would end it early, and what follows would be read as something else. */
function terminated(text: string): Buffer {
  if (text.includes('\0')) throw new ConnectionFailure('INTERNAL_ERROR');
  return Buffer.from(`${text}\0`);
}
