import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { createConnection, loadTedious } from '../../../workers/connectors/sql-server/driver.ts';
import { defaultLimits } from '../../../workers/connectors/sql-server/limits.ts';
import { GatedSocket } from '../../../workers/connectors/sql-server/wire/gated-socket.ts';
import { TokenGate } from '../../../workers/connectors/sql-server/wire/token-gate.ts';
import { packets } from '../../stand-ins/sql-server/handshake.ts';
import { welcome } from '../../stand-ins/sql-server/server.ts';
import * as tokens from '../../stand-ins/sql-server/tokens.ts';

const answer = packets(0x04, tokens.done());

/** A wire whose every chunk arrives at once, as TLS hands over the records of one packet. */
function wire(answers: (readonly Buffer[])[]): Duplex {
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write(_packet, _encoding, done) {
      done();
      setImmediate(() => answers.shift()?.forEach((chunk) => stream.push(chunk)));
    },
  });
  return stream;
}

test('the driver survives an end that comes while it is busy with an answer', async () => {
  const driver = await loadTedious();
  const good = packets(0x04, Buffer.concat(welcome('Shop')));
  // The settings of the driver's own are answered too; then comes what no server says.
  const under = wire([[good], [answer], [answer, packets(0x12, tokens.done())]]);
  const gate = new TokenGate(defaultLimits);
  const socket = new GatedSocket(under, gate);
  const endpoint = { host: 'x', port: 1, user: 'u', password: 'p', database: null };
  const connection = createConnection(driver, socket, { ...endpoint, encrypted: false });
  const failures: unknown[] = [];
  connection.on('error', (error: Error) => failures.push(error));
  socket.on('error', (error) => failures.push(error));
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  const done = new Promise<unknown>((resolve) => {
    gate.expect({ rows: 0, columns: 0 });
    connection.execSqlBatch(new driver.Request('select', resolve));
  });
  await new Promise((resolve) => socket.once('close', resolve));
  // Whole as it was; what came behind it ended the session, and not the process.
  expect(await done).toBeUndefined();
  expect(under.destroyed).toBe(true);
  expect(String(failures[0])).toContain('PROTOCOL_ERROR');
});
