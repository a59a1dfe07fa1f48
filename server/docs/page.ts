import type { Surface } from '../rest/surface.ts';
import type { AssetName } from './assets.ts';

/** What a page needs to know of a surface. Constants of ours: nothing of a request is in a page. */
export type DocumentedSurface = Pick<
  Surface,
  'name' | 'prefix' | 'title' | 'description' | 'documentPath'
>;

interface Frame {
  readonly surfaces: readonly DocumentedSurface[];
  readonly addressOf: (asset: AssetName) => string;
}

const documentOf = ({ prefix, documentPath }: DocumentedSurface) => `${prefix}${documentPath}`;

/** Where one chooses the surface. */
export function indexPage(frame: Frame): string {
  const cards = frame.surfaces.map(
    (surface) => `
      <li class="card">
        <h2><a href="/docs/${surface.name}">${surface.title}</a></h2>
        <p>${surface.description}</p>
        <p class="facts"><code>${surface.prefix}</code>
          <a href="${documentOf(surface)}">OpenAPI document</a></p>
      </li>`,
  );
  const body = `
    <main class="index">
      <h1>API reference</h1>
      <p>Three REST surfaces stand over the same operations. They differ in who signs in, in which
        operations they offer, and in how fields and errors are written.</p>
      <ul class="cards">${cards.join('')}
      </ul>
    </main>`;
  return framed(frame, { title: 'Basekeep API reference', current: null, head: '', body });
}

/** The reference of one surface, whose operations can be tried from the page. */
export function surfacePage(frame: Frame, surface: DocumentedSurface): string {
  const head = `
    <link rel="stylesheet" href="${frame.addressOf('viewer.css')}">
    <script defer src="${frame.addressOf('viewer.js')}"></script>
    <script defer src="${frame.addressOf('start-viewer.js')}"></script>`;
  const body = `
    <main>
      <div id="viewer" data-document="${documentOf(surface)}"></div>
      <noscript><p class="index">This page needs JavaScript; the
        <a href="${documentOf(surface)}">OpenAPI document</a> does not.</p></noscript>
    </main>`;
  return framed(frame, { title: surface.title, current: surface, head, body });
}

interface Content {
  readonly title: string;
  readonly current: DocumentedSurface | null;
  readonly head: string;
  readonly body: string;
}

// Our style sheet comes last: it has the last word over the viewer's.
function framed({ surfaces, addressOf }: Frame, { title, current, head, body }: Content): string {
  const links = surfaces.map((surface) => {
    const mark = surface === current ? ' aria-current="page"' : '';
    return `<a href="/docs/${surface.name}"${mark}>${surface.name}</a>`;
  });
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/svg+xml" href="${addressOf('favicon.svg')}">${head}
    <link rel="stylesheet" href="${addressOf('docs.css')}">
  </head>
  <body>
    <header class="bar">
      <a class="name" href="/docs">Basekeep</a>
      <nav aria-label="Surfaces">${links.join(' ')}</nav>
    </header>${body}
  </body>
</html>
`;
}
