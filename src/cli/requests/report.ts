/** PackRequests as people decide about them: each, and how many there are per pack. Pure. */
import type { PackRequest } from "../../api/v1alpha1/index.ts";
import { REPORT_VERSION } from "../output/report-version.ts";

export type Decision = "Pending" | "Approved" | "Denied";

export type RequestRow = {
  readonly namespace: string;
  readonly name: string;
  readonly pack: string;
  readonly requester: string;
  readonly decision: Decision;
  readonly reason?: string;
  readonly decidedBy?: string;
  readonly decisionReason?: string;
  readonly created?: string;
};

export type PackRow = {
  readonly pack: string;
  readonly pending: number;
  readonly approved: number;
  readonly denied: number;
  /** Different people. */
  readonly requesters: number;
};

export type RequestReport = {
  readonly apiVersion: string;
  readonly kind: "RequestReport";
  /** Most pending requests first. */
  readonly packs: readonly PackRow[];
  /** Pending ones first, then the oldest. */
  readonly requests: readonly RequestRow[];
};

const rowOf = ({ metadata, spec }: PackRequest): RequestRow => ({
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  pack: spec.packRef.name,
  requester: spec.requester,
  decision: spec.decision ?? "Pending",
  ...(spec.reason === undefined ? {} : { reason: spec.reason }),
  ...(spec.decidedBy === undefined ? {} : { decidedBy: spec.decidedBy }),
  ...(spec.decisionReason === undefined ? {} : { decisionReason: spec.decisionReason }),
  ...(metadata.creationTimestamp === undefined ? {} : { created: metadata.creationTimestamp }),
});

const packRowOf = (pack: string, rows: readonly RequestRow[]): PackRow => {
  const count = (decision: Decision): number => rows.filter((row) => row.decision === decision).length;
  return {
    pack,
    pending: count("Pending"),
    approved: count("Approved"),
    denied: count("Denied"),
    requesters: new Set(rows.map(({ requester }) => requester)).size,
  };
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isPending = ({ decision }: RequestRow): number => (decision === "Pending" ? 0 : 1);

const inOrder = (a: RequestRow, b: RequestRow): number =>
  isPending(a) - isPending(b) ||
  byText(a.created ?? "", b.created ?? "") ||
  byText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`);

export type Filter = { readonly pack?: string; readonly pending?: boolean };

/** What is filtered out is not counted either. */
export const reportRequests = (requests: readonly PackRequest[], { pack, pending }: Filter = {}): RequestReport => {
  const rows = requests
    .map(rowOf)
    .filter((row) => (pack === undefined || row.pack === pack) && (pending !== true || row.decision === "Pending"));
  return {
    apiVersion: REPORT_VERSION,
    kind: "RequestReport",
    packs: [...Map.groupBy(rows, (row) => row.pack)]
      .map(([name, of]) => packRowOf(name, of))
      .sort((a, b) => b.pending - a.pending || byText(a.pack, b.pack)),
    requests: rows.toSorted(inOrder),
  };
};
