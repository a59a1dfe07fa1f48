const maxCharacters = 500;

// Names of what is secret with what follows them, our own formats, and long runs without a meaning.
const secrets = [
  /((?:token|secret|passw(?:or)?d|api[-_]?key|signature|authorization|cookie)["']?\s*[:=]\s*["']?)[^"',;<&]+/gi,
  /(\b(?:bearer|basic)\s+)[^\s"',;<&]+/gi,
  /()\b(?:whsec_|v1,|bd_key_|bsk_|bki_|bkr_)[^\s"'<]+/g,
  /()[A-Za-z0-9+/_=-]{32,}/g,
];

/**
 * How an answer begins, for people who look for an error: a receiver may say anything, also what it
 * was sent. Control characters go, what looks like a secret is struck out, the rest is cut.
 */
export function redactExcerpt(answer: string): string | null {
  // A half of a surrogate pair, which the cut may leave, is nothing that can be stored.
  const text = answer.toWellFormed().replaceAll(/\p{C}+/gu, ' ');
  const struck = secrets.reduce((left, secret) => left.replaceAll(secret, '$1[redacted]'), text);
  return struck.trim().slice(0, maxCharacters).toWellFormed() || null;
}
