const MiB = 1024 * 1024;

/** How long each wait of an HTTP session may take, in milliseconds. Each has its own timer. */
export interface HttpDeadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  /** From a request's first byte to the whole header of its answer. */
  readonly headersMs: number;
  /** Between two pieces of an answer's body. */
  readonly chunkMs: number;
  /** All waiting for one request together, unless the request says otherwise. */
  readonly requestMs: number;
}

export const defaultHttpDeadlines: HttpDeadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  headersMs: 30_000,
  chunkMs: 30_000,
  requestMs: 60_000,
};

/** How much of an answer's header is read. Twice of what Node's own servers accept. */
export const maxHeaderBytes = 32 * 1024;

/** How large an answer may be, on the wire and unpacked each, unless the request says otherwise. */
export const defaultMaxBytes = 16 * MiB;
