import type { ObservedCall } from "../kube/client.ts";
import type { Metrics } from "../lib/metrics.ts";

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Counts and times the requests of a client; pass the result as its `observe` option. */
export const createClientObserver = (metrics: Metrics): ((call: ObservedCall) => void) => {
  const total = metrics.counter("rest_client_requests_total", "Requests to the API server, by HTTP status.", [
    "method",
    "code",
  ]);
  const duration = metrics.histogram(
    "rest_client_request_duration_seconds",
    "How long requests take; watches until they are accepted.",
    ["verb"],
    BUCKETS,
  );
  return ({ method, verb, code, seconds }) => {
    total.inc({ method, code });
    duration.observe({ verb }, seconds);
  };
};
