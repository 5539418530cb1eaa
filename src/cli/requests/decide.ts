/** Answers one PackRequest in the name of the user who is connected. */
import { PACK_REQUEST, type Resource } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { PackRequest } from "../../api/v1alpha1/index.ts";
import type { Client, Ref } from "../../kube/client.ts";
import { isNotFound } from "../../kube/errors.ts";
import { CALL_TIMEOUT_MS, FIELD_MANAGER } from "../cluster.ts";

export type Answer = {
  readonly decision: "Approved" | "Denied";
  readonly reason?: string;
};

export type Decided = { readonly before: PackRequest; readonly after: PackRequest };

const SELF_SUBJECT_REVIEW: Resource = {
  apiVersion: "authentication.k8s.io/v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
};

const CALL = { fieldManager: FIELD_MANAGER, timeoutMs: CALL_TIMEOUT_MS };

type SelfSubjectReview = KubeObject & { readonly status?: { readonly userInfo?: { readonly username?: string } } };

/** The user as the API server knows him. @throws ApiError, TransportError */
export const ownName = async (client: Client): Promise<string> => {
  const { apiVersion, kind } = SELF_SUBJECT_REVIEW;
  const question: SelfSubjectReview = { apiVersion, kind, metadata: { name: "" } };
  const answer = await client.create(SELF_SUBJECT_REVIEW, question, CALL);
  return answer.status?.userInfo?.username ?? "";
};

/**
 * Writes decision, decider and reason, and only if nobody changed the request in the meantime. An earlier reason goes.
 * Undefined where there is no such request.
 * @throws ApiError, TransportError
 */
export const decideRequest = async (
  client: Client,
  ref: Ref,
  { decision, reason }: Answer,
): Promise<Decided | undefined> => {
  const before = await requestOf(client, ref);
  if (before === undefined) return undefined;
  const patch = {
    metadata: { resourceVersion: before.metadata.resourceVersion },
    spec: { decision, decidedBy: await ownName(client), decisionReason: reason ?? null },
  };
  return { before, after: await client.mergePatch<PackRequest>(PACK_REQUEST, ref, patch, CALL) };
};

const requestOf = async (client: Client, ref: Ref): Promise<PackRequest | undefined> => {
  try {
    return await client.get<PackRequest>(PACK_REQUEST, ref, { timeoutMs: CALL_TIMEOUT_MS });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};
