/** `npm start`. Loads little itself: what it launches is one file where a bundle was made. */
import { getCompileCacheDir } from 'node:module';
import { bundlesOf, fileOf } from './bundle/bundle.ts';
import { codeVersion } from './bundle/code-version.ts';
import type { launch as Launch } from './launch.ts';

const version = codeVersion();
const bundles = bundlesOf(version, getCompileCacheDir());
const launcher: { launch: typeof Launch } = await import(fileOf('launcher', bundles).href);
await launcher.launch({ version, bundles });
