import { ConnectionFailure } from '../connector.ts';

/** What we say to a server, as it goes over the wire. Shapes: PostgreSQL manual, "Message Formats". */

// Codes in the place of a type. Version 3.0 is what every server and pooler speaks.
const codes = { version: 196_608, cancel: 80_877_102, tls: 80_877_103 } as const;

export const tlsRequest = untyped(int32(codes.tls));

/** What identifies a running statement to the server, for asking to cancel it. */
export interface CancelKey {
  readonly processId: number;
  readonly secretKey: number;
}

export const cancelRequest = ({ processId, secretKey }: CancelKey): Buffer =>
  untyped(int32(codes.cancel), int32(processId), int32(secretKey));

/** PgBouncer refuses any parameter that it does not know. */
export function startupMessage({ user, database }: { user: string; database: string }): Buffer {
  const parameters = { user, database, application_name: 'basekeep', client_encoding: 'UTF8' };
  const strings = Object.entries(parameters).flat().map(terminated);
  return untyped(int32(codes.version), ...strings, Buffer.alloc(1));
}

export const queryMessage = (text: string): Buffer => message('Q', terminated(text));

export const passwordMessage = (password: string): Buffer => message('p', terminated(password));

/** The first answer to a server that asks for SASL. */
export function saslInitialResponse(mechanism: string, response: string): Buffer {
  return message('p', terminated(mechanism), int32(response.length), Buffer.from(response));
}

export const saslResponse = (response: string): Buffer => message('p', Buffer.from(response));

/** Redshift's, see `answerChallenge`. */
export const digestResponse = (digest: Buffer, clientNonce: Buffer): Buffer =>
  message('d', int32(digest.length), digest, int32(clientNonce.length), clientNonce);

export const terminateMessage = message('X');

/** What a connection begins with has no type. */
function untyped(...parts: readonly Buffer[]): Buffer {
  return counted(Buffer.alloc(0), ...parts);
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  return counted(Buffer.from(type), ...parts);
}

/** Its type, when it has one, then the length of all the rest with that of the length itself. */
function counted(type: Buffer, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([type, int32(length), ...parts]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A zero amid it would end it early, and what follows would be read as something else. */
function terminated(text: string): Buffer {
  if (text.includes('\0')) throw new ConnectionFailure('INTERNAL_ERROR');
  return Buffer.from(`${text}\0`);
}
