/**
 * Tells `npm start`, if that started this process, that the start was a good one: from here on it is
 * started again when it dies, where before that the whole installation would end.
 */
export function tellUp(): void {
  // A launcher that is gone by now is noticed by the end of the channel.
  process.send?.('up', () => undefined);
}
