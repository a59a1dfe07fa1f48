import express, { type RequestHandler, type Router } from 'express';
import { notFound } from '../../shared/errors.ts';
import type { Services } from '../context.ts';
import { readIcon } from '../features/icons/read-icon.ts';

/**
 * The pictures of organizations, below /icons. Their bytes are a customer's: they are sent as the
 * type that they were checked to be and as nothing else, and may do nothing where they are opened.
 */
export function iconsRouter({ orm }: Pick<Services, 'orm'>, gate: RequestHandler): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.use(gate);
  router.get('/:id', async (req, res) => {
    res.locals['operation'] = 'icons';
    const icon = await readIcon(orm.em.fork(), req.params.id);
    if (!icon) throw notFound('Icon');
    res.removeHeader('Pragma');
    res.set({
      'Content-Type': icon.type,
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
      // Another picture has another address.
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
    res.send(icon.content);
  });
  return router;
}
