import type { Surface } from '../surface.ts';
import { publicSurface } from './public.ts';

/** Every REST surface, the longer prefixes first. */
export const surfaces: readonly Surface[] = [publicSurface];
