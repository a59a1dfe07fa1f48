/** Packet types of TNS, as node-oracledb names them in lib/thin/sqlnet/constants.js. */
export const type = {
  connect: 1,
  accept: 2,
  refuse: 4,
  redirect: 5,
  data: 6,
  resend: 11,
  marker: 12,
};

/** A packet; its length has two bytes until the server has accepted, and four from then on. */
export function packet(kind: number, payload: Buffer, { lengthBytes = 2, flags = 0 } = {}): Buffer {
  const header = Buffer.alloc(8);
  header.writeUIntBE(8 + payload.length, 0, lengthBytes);
  header.writeUInt8(kind, 4);
  header.writeUInt8(flags, 5);
  return Buffer.concat([header, payload]);
}

/** A message of the layer above, in packets of at most `most` bytes. */
export function dataPackets(message: Buffer, most = 8_192): Buffer {
  const parts: Buffer[] = [];
  const room = most - 10;
  for (let at = 0; at === 0 || at < message.length; at += room) {
    const part = message.subarray(at, at + room);
    parts.push(packet(type.data, Buffer.concat([Buffer.alloc(2), part]), { lengthBytes: 4 }));
  }
  return Buffer.concat(parts);
}

/** What a listener says that has no such service. */
export function refusal(number: number): Buffer {
  const stack = `(ERROR_STACK=(ERROR=(CODE=${number})(EMFI=4)))`;
  const text = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${number})${stack})`);
  const head = Buffer.from([34, 0, 0, 0]);
  head.writeUInt16BE(text.length, 2);
  return packet(type.refuse, Buffer.concat([head, text]));
}

/** Sends the client on, by `(ADDRESS=...)`. */
export function redirection(address: string): Buffer {
  const text = Buffer.from(address);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(text.length, 0);
  return packet(type.redirect, Buffer.concat([head, text]));
}

/** TNS 3.18, as of Oracle Database 19c: no native encryption, no compression, no fast sign-in. */
export function acceptance({ version = 318, compression = 0 } = {}): Buffer {
  const payload = Buffer.alloc(37);
  payload.writeUInt16BE(version, 0);
  payload.writeUInt16BE(8_192, 4);
  payload.writeUInt16BE(65_535, 6);
  payload.writeUInt16BE(1, 8);
  payload.writeUInt16BE(41, 12);
  // "No services of native network encryption are linked", in both places.
  payload.writeUInt8(0x0c, 14);
  payload.writeUInt8(0x0c, 15);
  payload.writeUInt32BE(8_192, 24);
  payload.writeUInt32BE(2_097_152, 28);
  payload.writeUInt8(compression, 32);
  return packet(type.accept, payload);
}

/** Has the client send its connect packet again; after TLS has begun anew, with flag 8. */
export function resend(flags = 0): Buffer {
  return packet(type.resend, Buffer.alloc(0), { flags });
}
