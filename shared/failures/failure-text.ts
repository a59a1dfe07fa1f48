import type { ConnectionField, SecretField } from '../connection.ts';

/** Who can do something about a failure. */
export const failureActors = [
  'you',
  'your network',
  'your database admin',
  'Basekeep operator',
] as const;

/** What a failure means to people. */
export interface FailureText {
  readonly actor: (typeof failureActors)[number];
  /** What the actor should do, in one sentence. */
  readonly advice: string;
  /** What the person who filled in the form reads. Never built from a driver's own text. */
  readonly message: string;
  /** The fields to look at, each with what to say beside it. */
  readonly fields?: { readonly [F in ConnectionField | SecretField]?: string };
}
