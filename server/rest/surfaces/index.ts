import type { Surface } from '../surface.ts';
import { keyedSurface } from './keyed.ts';
import { publicSurface } from './public.ts';
import { v1Surface } from './v1.ts';

/** Every REST surface, the longer prefixes first. */
export const surfaces: readonly Surface[] = [publicSurface, v1Surface, keyedSurface];
