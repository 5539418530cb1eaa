import type { Resourceful } from "../meta.ts";
import type { CommonStatus, ObjectRef, UserName } from "./common.ts";

/**
 * "Please allow this pack."
 * @shortName packreq
 * @labelName
 * @printColumn DECISION string .spec.decision
 * @printColumn PACK string .spec.packRef.name
 * @printColumn REQUESTER string .spec.requester
 * @selectableField .spec.packRef.name
 * @selectableField .spec.requester
 */
export type PackRequest = Resourceful<PackRequestSpec, PackRequestStatus>;

/**
 * The request and its decision.
 * @rule has(self.decision) == has(self.decidedBy)
 *   message: `decidedBy` must be your own user name if, and only if, `decision` is set
 *   fieldPath: .decidedBy
 * @rule !has(self.decisionReason) || has(self.decision)
 *   message: `decisionReason` must be set only beside `decision`
 *   fieldPath: .decisionReason
 */
export type PackRequestSpec = {
  /**
   * The pack that is asked for.
   * @immutable
   */
  readonly packRef: ObjectRef;
  /**
   * Who asks: you.
   * @immutable
   */
  readonly requester: UserName;
  /**
   * What it is needed for.
   * @maxLength 1000
   */
  readonly reason?: string;
  /** An administrator's answer. It needs the verb `approve` on that pack definition. */
  readonly decision?: "Approved" | "Denied";
  /** Who answered. */
  readonly decidedBy?: UserName;
  /**
   * Why it was answered so.
   * @maxLength 1000
   */
  readonly decisionReason?: string;
};

/** What the controller knows about the request. */
export type PackRequestStatus = CommonStatus;
