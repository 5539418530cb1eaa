import { expect, it } from "vitest";
import { Metrics } from "../lib/metrics.ts";
import { createClientObserver } from "./client-metrics.ts";

it("requests to the API server are counted by method and status and timed by verb", async () => {
  const metrics = new Metrics();
  const observe = createClientObserver(metrics);
  observe({ verb: "create", method: "POST", resource: "pods", code: "201", seconds: 0.02 });
  observe({ verb: "create", method: "POST", resource: "pods", code: "201", seconds: 0.03 });
  observe({ verb: "list", method: "GET", resource: "pods", code: "<error>", seconds: 1 });
  expect(await metrics.value("rest_client_requests_total", { method: "POST", code: "201" })).toBe(2);
  expect(await metrics.value("rest_client_requests_total", { code: "<error>" })).toBe(1);
  expect(await metrics.value("rest_client_request_duration_seconds_count", { verb: "create" })).toBe(2);
});
