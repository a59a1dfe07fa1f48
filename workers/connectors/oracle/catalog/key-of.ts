import { given } from './given.ts';

/** What a constraint or an index is looked up by. */
export function keyOf(owner: string | null | undefined, name: string | null | undefined): string {
  return JSON.stringify([given(owner), given(name)]);
}
