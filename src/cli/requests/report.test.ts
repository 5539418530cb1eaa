import { describe, expect, test } from "vitest";
import type { PackRequest } from "../../api/v1alpha1/index.ts";
import { reportRequests } from "./report.ts";

const request = (name: string, pack: string, requester: string, spec: object = {}, minute = 0): PackRequest => ({
  apiVersion: "packs.dev/v1alpha1",
  kind: "PackRequest",
  metadata: { name, namespace: "team", creationTimestamp: `2026-11-23T10:${String(minute).padStart(2, "0")}:00Z` },
  spec: { packRef: { name: pack }, requester, ...spec },
});

const denied = { decision: "Denied", decidedBy: "admin@example.com", decisionReason: "too much" } as const;
const REQUESTS = [
  request("a", "crm", "ann@example.com", denied, 1),
  request("b", "jira", "ben@example.com", {}, 3),
  request("c", "jira", "ann@example.com", {}, 2),
  request("d", "jira", "ann@example.com", { decision: "Approved", decidedBy: "admin@example.com" }, 0),
];

describe("requests", () => {
  test("the pending ones come first, the oldest of them at the top", () => {
    expect(reportRequests(REQUESTS).requests.map(({ name, decision }) => [name, decision])).toEqual([
      ["c", "Pending"],
      ["b", "Pending"],
      ["d", "Approved"],
      ["a", "Denied"],
    ]);
  });

  test("they are counted per pack, the pack with most pending ones first", () => {
    expect(reportRequests(REQUESTS).packs).toEqual([
      { pack: "jira", pending: 2, approved: 1, denied: 0, requesters: 2 },
      { pack: "crm", pending: 0, approved: 0, denied: 1, requesters: 1 },
    ]);
  });

  test("a filter leaves out what is not asked for", () => {
    expect(reportRequests(REQUESTS, { pack: "crm" }).requests).toMatchObject([
      { name: "a", decisionReason: "too much" },
    ]);
    expect(reportRequests(REQUESTS, { pending: true }).packs).toMatchObject([
      { pack: "jira", pending: 2, approved: 0 },
    ]);
    expect(reportRequests([])).toMatchObject({ packs: [], requests: [] });
  });
});
