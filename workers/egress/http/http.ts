/** The one HTTP client of all dialects that speak HTTP. */
export { openHttp, HttpSession } from './session.ts';
export type { HttpRequest } from './session.ts';
export { HttpResponse } from './response.ts';
export { statusFailure } from './failures.ts';
export { defaultHttpDeadlines } from './limits.ts';
export type { HttpDeadlines } from './limits.ts';
export type { HttpRoute, HttpStep } from './dial.ts';
