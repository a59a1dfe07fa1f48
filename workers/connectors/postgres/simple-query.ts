import type { Connection, Submittable } from 'pg';

/**
 * A message of the simple protocol: several statements, no names, no parameters, which is what a
 * transaction pooler forwards faithfully. Their rows stay at the gate.
 */
export class SimpleQuery implements Submittable {
  /** Until the server is ready for the next. */
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #settle = Promise.withResolvers<void>();

  constructor(text: string) {
    this.#text = text;
    this.done = this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve();
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  // The rest of what `pg` calls. The gate lets no message through that would start a COPY.
  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
