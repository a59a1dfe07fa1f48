import { readFileSync } from 'node:fs';
import express from 'express';
import sodium from 'libsodium-wrappers';
import pg from 'pg';
import { createDataSource, type CreateBody } from './create-data-source.ts';
import { listDataSources } from './list-data-sources.ts';

/**
 * What somebody would write by hand with express and pg: no layers, no logging, no validation, no
 * shapes, one file of SQL per endpoint. Sends its port to its parent.
 */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
const publicKeyFile = process.env['VAULT_PUBLIC_KEY_FILE'] ?? '';
const publicKey = Buffer.from(readFileSync(publicKeyFile, 'utf8').trim(), 'base64');
await sodium.ready;

const app = express();
app.disable('x-powered-by').disable('etag');

app.get('/organizations/:orgId/data-sources', async (req, res) => {
  const { authorization = '' } = req.headers;
  const limit = Number(req.query['limit']);
  const page = await listDataSources(pool, authorization, req.params.orgId, limit);
  res.status(page ? 200 : 401).json(page);
});

app.post('/organizations/:orgId/data-sources', express.json(), async (req, res) => {
  const { authorization = '' } = req.headers;
  const body = req.body as CreateBody;
  const created = await createDataSource(
    { pool, publicKey },
    authorization,
    req.params.orgId,
    body,
  );
  res.status(created ? 201 : 401).json(created);
});

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: address !== null && typeof address === 'object' ? address.port : 0 });
});
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());
