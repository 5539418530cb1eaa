/** Coming back for what ends by the clock. */
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";

/** The wall clock may be set at any time; within this every expiry is noticed all the same. */
const AT_MOST_MS = 3_600_000;

/** Once more when it expires, within the hour. Both: milliseconds since 1970; undefined never expires. */
export const untilExpiry = (expiresAt: number | undefined, now: number): Outcome =>
  expiresAt === undefined ? DONE : requeueAfter(Math.min(Math.max(expiresAt - now, 1), AT_MOST_MS), "Expiry");
