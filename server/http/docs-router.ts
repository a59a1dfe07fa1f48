import path from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import { notFound } from '../../shared/errors.ts';
import { loadAssets, type AssetName, type Assets } from '../docs/assets.ts';
import { indexPage, surfacePage } from '../docs/page.ts';
import { surfaces } from '../rest/surfaces/index.ts';

/**
 * Interactive documentation of the REST surfaces, below /docs. It asks nobody but this server, and
 * needs no database: what it shows are the OpenAPI documents.
 */
export function docsRouter(): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  // Read at the first visit: most processes never show a page.
  let loaded: Assets | undefined;
  const assets = (): Assets => (loaded ??= loadAssets());
  const addressOf = (name: AssetName) => `/docs/assets/${assets().version}/${name}`;
  const frame = { surfaces, addressOf };

  router.use(underPolicy);
  router.get('/', (_req, res) => {
    res.type('html').send(indexPage(frame));
  });
  router.get('/:surface', (req, res) => {
    const surface = surfaces.find(({ name }) => name === req.params.surface);
    if (!surface) throw notFound('Page');
    res.type('html').send(surfacePage(frame, surface));
  });
  router.get('/assets/:version/:name', (req, res) => {
    const current = assets();
    const file = current.fileOf(req.params.name);
    // Another version may be another replica's: these bytes must not be kept under its address.
    if (file === undefined || req.params.version !== current.version) throw notFound('File');
    res.removeHeader('Pragma');
    res.set('Cache-Control', 'public, max-age=31536000, immutable');
    // From its folder, because an installation below a folder like ~/.local is no hidden file.
    res.sendFile(path.basename(file), { root: path.dirname(file) });
  });
  return router;
}

/**
 * People paste keys here, so the pages run our own files and nothing else, and speak to this server
 * only. Not `upgrade-insecure-requests`, which helmet adds: it would break plain HTTP at home.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:", // the viewer's style sheet draws its icons from data: addresses
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const underPolicy: RequestHandler = (_req, res, next) => {
  res.locals['operation'] = 'docs';
  res.set('Content-Security-Policy', policy);
  next();
};
