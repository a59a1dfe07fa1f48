import { z } from 'zod';

/* What `npm start` and its children say to each other. Other programs that run ours may open a channel too. */

const Handed = z.object({ env: z.record(z.string(), z.string()), isOpen: z.boolean() });

/** What `npm start` tells a child, as often as it knows more. */
export type Handed = z.infer<typeof Handed>;

export interface WholeEnv {
  readonly source: NodeJS.ProcessEnv;
  /** Resolves when the database runs and is of this version. Before, nobody may connect to it. */
  readonly opened: Promise<void>;
  /** Resolves when whoever has started this process is gone; never where there is no channel. */
  readonly left: Promise<void>;
}

/**
 * The environment of a process, which comes to the children of `npm start` over the channel: they load
 * their code while it is found out. Whoever is left alone before the database is open has nothing to do
 * and ends here.
 */
export function wholeEnv(): Promise<WholeEnv> {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  if (process.send !== undefined) {
    // Heard from here on, whoever asks and when: a child that misses it would stay for ever.
    process.once('disconnect', leave);
    if (!process.connected) leave();
  }
  // Whoever is no child of `npm start` was told in the usual way.
  if (process.send === undefined || process.env['DATABASE_URL'] !== undefined)
    return Promise.resolve({ source: process.env, opened: Promise.resolve(), left });
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return new Promise((resolve) => {
    let isOpened = false;
    void left.then(() => (isOpened ? undefined : process.exit(0)));
    process.on('message', (message) => {
      const { env, isOpen } = Handed.parse(message);
      isOpened ||= isOpen;
      if (isOpen) open();
      resolve({ source: { ...process.env, ...env }, opened, left });
    });
  });
}

/**
 * Tells `npm start`, if that started this process, that the start was a good one: from here on it is
 * started again when it dies, where before that the whole installation would end.
 */
export function tellUp(): void {
  // A launcher that is gone by now is noticed by the end of the channel.
  process.send?.('up', () => undefined);
}
