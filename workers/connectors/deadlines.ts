/**
 * How long each wait of a session over TCP may take, in milliseconds. Each has its own timer on our
 * side. A wire adds what only it has.
 */
export interface TcpDeadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  /** From the wait for TLS to the verified handshake; of each handshake where there are two. */
  readonly tlsMs: number;
  /** From there, or from our first packet, to the server's acknowledgement. */
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** One statement of a catalog read; the whole read ends with the caller's signal. */
  readonly readStatementMs: number;
}

export const defaultTcpDeadlines: TcpDeadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  signInMs: 10_000,
  probeStatementMs: 5_000,
  readStatementMs: 120_000,
};
