import type { ClientChannel } from 'ssh2';
import type { SocketPair } from './socket-pair.ts';

// What a driver has written just before it closes, such as its goodbye, takes no longer.
const lastWordsMs = 1_000;

/** Has everything that goes into the pair come out of the channel and the other way round. */
export function join({ inner, outer }: SocketPair, channel: ClientChannel): void {
  inner.pipe(channel);
  channel.pipe(inner);
  const finish = (): void => {
    channel.close();
    inner.destroy();
  };
  // A driver that destroys its socket has no more to read, but may have had something to say.
  inner.once('end', () => {
    if (outer.destroyed) finish();
  });
  outer.once('close', () => {
    if (inner.readableEnded) finish();
    else inner.setTimeout(lastWordsMs, finish);
  });
  inner.once('close', finish);
  channel.once('close', () => inner.end(() => inner.destroySoon()));
}
