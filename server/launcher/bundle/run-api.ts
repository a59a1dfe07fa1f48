import { loadScript } from './load-script.ts';
import { apiScript } from './locate.ts';

/** What the API's process runs where there is a bundle. */
loadScript(apiScript);
