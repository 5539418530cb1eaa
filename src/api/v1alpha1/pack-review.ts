import type { Resourceful } from "../meta.ts";
import type {
  CommonStatus,
  Digest,
  ExternalDomain,
  HttpsUrl,
  ObjectRef,
  Sha256Hex,
  Timestamp,
  UserName,
} from "./common.ts";

/**
 * A reviewer's approval of a pack's sensitive facts, or a certification of the pack.
 * @shortName packrev
 * @labelName
 * @printColumn PACK string .spec.packRef.name
 * @printColumn REVIEWER string .spec.reviewer
 * @printColumn CERTIFY boolean .spec.certify
 * @printColumn EXPIRES date .spec.expireTime
 * @selectableField .spec.packRef.name
 */
export type PackReview = Resourceful<PackReviewSpec, PackReviewStatus>;

/**
 * What the reviewer approves.
 * @rule !has(self.certify) || !self.certify || has(self.contentDigest)
 *   message: `contentDigest` must say what is certified; copy it from `status.contentDigest` of the definition
 *   fieldPath: .contentDigest
 */
export type PackReviewSpec = {
  /** The definition that this speaks about. */
  readonly packRef: ObjectRef;
  /** `status.reviewDigest` of that definition. Once the definition changes, this review speaks of the old one. */
  readonly reviewDigest: Digest;
  /** `status.contentDigest` of that definition; needed to certify. */
  readonly contentDigest?: Digest;
  /** Who reviewed: you, unless you hold the verb `review-as` on that name. */
  readonly reviewer: UserName;
  /** The facts that are approved. Absent: none. */
  readonly approve?: ReviewApproval;
  /** Whether you vouch for the pack as a whole. Makers cannot certify their own pack. */
  readonly certify?: boolean;
  /**
   * What was checked.
   * @listType map
   * @listMapKey item
   * @maxItems 64
   */
  readonly checklist?: readonly ChecklistItem[];
  /**
   * Where the proof is.
   * @listType map
   * @listMapKey name
   * @maxItems 32
   */
  readonly evidence?: readonly Evidence[];
  /** From when on this review counts no more. */
  readonly expireTime?: Timestamp;
};

/** Approved facts. */
export type ReviewApproval = {
  /**
   * These domains.
   * @listType set
   * @maxItems 32
   */
  readonly networkDomains?: readonly ExternalDomain[];
  /** This token URL, although it is not on the domain of the authorization URL. */
  readonly tokenURL?: HttpsUrl;
  /** Custom authentication. */
  readonly customAuthentication?: boolean;
  /**
   * Responses up to this size, in bytes.
   * @integer int64
   * @minimum 0
   * @maximum 104857600
   */
  readonly responseBytes?: number;
};

/** One point of a checklist. */
export type ChecklistItem = {
  /**
   * What was checked.
   * @minLength 1
   * @maxLength 128
   */
  readonly item: string;
  /** How it came out. */
  readonly result: "Passed" | "Failed" | "NotApplicable";
};

/** One piece of proof. */
export type Evidence = {
  /**
   * What it is.
   * @minLength 1
   * @maxLength 128
   */
  readonly name: string;
  /** Where it is. */
  readonly url?: HttpsUrl;
  /** Its SHA-256. */
  readonly sha256?: Sha256Hex;
};

/** What the controller knows about the review. */
export type PackReviewStatus = CommonStatus;
