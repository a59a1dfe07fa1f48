/** What one job keeps in memory of what servers have sent it. */
export interface Holding {
  /**
   * Says how many bytes `what` takes now; 0 forgets it. Throws ConnectionFailure when that is more than
   * the worker has; the job's sockets are closed then.
   */
  set(what: object, bytes: number): void;
}
