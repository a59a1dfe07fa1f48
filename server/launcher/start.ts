import { locate } from './bundle/locate.ts';
import { startChildren } from './children/children.ts';
import { programs } from './children/programs.ts';
import type * as Launch from './launch.ts';

/**
 * `npm start`. The API takes longest to load, so its process comes before anything else of this one is
 * loaded, and it is told what to do when that is known.
 */
const { code, at } = await locate();
const children = startChildren(programs(at));
const { launch } = (await import(at('server/launcher/launch.ts').href)) as typeof Launch;
await launch(code, children);
