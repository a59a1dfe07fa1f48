/** The longest that a receiver may put us off at a time: as long as the longest wait of our own. */
const maxSeconds = 14 * 60 * 60;

// RFC 9110, 5.6.7: what every sender writes. The two older forms are read by nobody who uses this.
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How many seconds a `Retry-After` asks to wait (RFC 9110, section 10.2.3): whole seconds or a date,
 * 14 hours at most. 0 for what is over, absent or anything else: then our own waits are enough.
 */
export function secondsToWait(unsafeRetryAfter: string | undefined, nowMs: number): number {
  const text = unsafeRetryAfter?.trim() ?? '';
  const seconds = /^\d{1,10}$/.test(text)
    ? Number(text)
    : httpDate.test(text)
      ? Math.ceil((Date.parse(text) - nowMs) / 1_000)
      : 0;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), maxSeconds) : 0;
}
