/** A page by its number, for surfaces that page so; `readPage` says how many items there are. */
export interface NumberedPage {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  totalCount: number | null;
}
