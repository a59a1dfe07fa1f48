import express, { type Request } from 'express';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RouteTable } from '../../../server/rest/route-table.ts';
import { operationsOf } from '../../../server/rest/routes.ts';
import { surfaces } from '../../../server/rest/surfaces/index.ts';

type Path = `/${string}`;
type Asked = Request & { led?: unknown };

/** Where express leads a path, or that it takes offence at how the path is written. */
function byExpress(paths: readonly Path[]): (asked: string) => unknown {
  const router = express.Router({ caseSensitive: true, strict: false });
  for (const path of paths) {
    router.all(path.replace(/\{(\w+)\}/g, ':$1'), (req: Asked) => {
      req.led = { value: path, params: { ...req.params } };
    });
  }
  return (asked) => {
    const req = { url: asked, method: 'GET' } as Asked;
    let offence: unknown = null;
    router(req, {} as express.Response, (error: unknown) => (offence = error));
    return req.led ?? (offence instanceof URIError ? 'URIError' : null);
  };
}

function byTable(paths: readonly Path[]): (asked: string) => unknown {
  const table = new RouteTable<Path>();
  for (const path of paths) table.add(path, path);
  return (asked) => {
    try {
      return table.find(asked);
    } catch (error) {
      return error instanceof URIError ? 'URIError' : error;
    }
  };
}

describe.each(surfaces.map((surface) => [surface.name, surface] as const))('%s', (_, surface) => {
  const paths = [...new Set(operationsOf(surface).map(({ path }) => path))];

  test('leads every path where express does', () => {
    const [table, reference] = [byTable(paths), byExpress(paths)];
    const words = [...new Set(paths.flatMap((path) => path.split('/')))];
    const text = fc.constantFrom(...words, 'x1', 'a%20b', 'a%2Fb', '%E0', '%', '..', 'ü', 'A', '');
    const asked = fc
      .tuple(fc.constantFrom(...paths), fc.array(text, { minLength: 8, maxLength: 8 }), fc.nat(40))
      .map(([path, texts, changed]) =>
        path
          .split('/')
          .map((segment, n) => (n === changed || segment.startsWith('{') ? texts[n % 8] : segment))
          .join('/'),
      )
      .chain((path) => fc.constantFrom(path, `${path}/`, `${path}//`, path.toUpperCase()));
    fc.assert(
      fc.property(asked, (path) => {
        fc.pre(path.startsWith('/'));
        expect(table(path)).toEqual(reference(path));
      }),
      { numRuns: 3_000 },
    );
  });
});

test('a word comes before a parameter, and a way that leads nowhere is left again', () => {
  const table = new RouteTable<string>();
  for (const path of ['/a/{id}', '/a/me', '/a/{id}/b', '/a/me/c'] as const) table.add(path, path);
  expect(table.find('/a/me')?.value).toBe('/a/me');
  expect(table.find('/a/me/b')).toEqual({ value: '/a/{id}/b', params: { id: 'me' } });
  expect(table.find('/a/x/c')).toBeNull();
  expect(() => table.add('/a/me', 'again')).toThrow('two routes');
});
