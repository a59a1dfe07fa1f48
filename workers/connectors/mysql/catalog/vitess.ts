/**
 * Tables that Vitess makes for its own migrations beside the customer's and drops again. Source:
 * Vitess documentation, "Table lifecycle" and "Online DDL strategies": the names until version 18
 * (`_vt_HOLD_<uuid>_<time>`, `_<uuid>_<time>_vrepl`) and since (`_vt_hld_<uuid>_<time>_`).
 */
const internal = [
  /^_vt_(HOLD|PURGE|EVAC|DROP|hld|prg|evc|drp|vrp|gho|ghc|del)_[0-9a-f]{32}_\d{14}_?$/,
  /^_[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}_\d{14}_(vrepl|gho|ghc|del)$/,
];

export function isVitessInternal(table: string): boolean {
  return internal.some((name) => name.test(table));
}
