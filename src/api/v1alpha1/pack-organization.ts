import type { Resourceful } from "../meta.ts";
import type { CommonStatus, Count, DnsName, Timestamp } from "./common.ts";
import type { RequestMark } from "./pack-install.ts";

/**
 * Switches for the whole organization. There is one, named `default`.
 * @shortName packorg
 * @printColumn MEMBERS string .spec.members
 * @printColumn DEFAULT string .spec.defaultAccess
 * @printColumn PAUSED boolean .status.uninstallGuard.paused
 * @rule self.metadata.name == 'default'
 *   message: there is one PackOrganization, and `metadata.name` must be 'default'
 */
export type PackOrganization = Resourceful<PackOrganizationSpec, PackOrganizationStatus>;

/** The switches. */
export type PackOrganizationSpec = {
  /** `Everyone`: every user is a member. `OwnedDomains`: users whose mail domain is in `ownedDomains`, and ServiceAccounts. */
  readonly members: Membership;
  /**
   * The organization's mail domains, exactly; sub-domains do not count.
   * @listType set
   * @maxItems 200
   */
  readonly ownedDomains?: readonly DnsName[];
  /**
   * Who may use a pack for which there is no configuration: nobody, or every member.
   * @default "Deny"
   */
  readonly defaultAccess?: DefaultAccess;
  /**
   * Whether a pack has to be asked for first.
   * @default {}
   */
  readonly approvals?: Approvals;
  /**
   * How many domains a pack may declare without a review.
   * @integer int64
   * @minimum 0
   * @maximum 32
   * @default 1
   */
  readonly maxUnreviewedDomains?: number;
  /**
   * Whether a pack that was uninstalled comes back only when asked for, or by itself once the cause is gone.
   * @default "Manual"
   */
  readonly reinstallPolicy?: ReinstallPolicy;
  /**
   * When many packs would be uninstalled at once, it stops and asks.
   * @default {}
   */
  readonly uninstallGuard?: UninstallGuard;
  /**
   * Whom people should ask: a mail address, a page, a channel.
   * @maxLength 512
   */
  readonly supportContact?: string;
};

/** Who belongs to the organization. */
export type Membership = "Everyone" | "OwnedDomains";

/** Access to packs without a configuration. */
export type DefaultAccess = "Deny" | "Members";

/** How packs come back after an uninstall. */
export type ReinstallPolicy = "Manual" | "Automatic";

/** Whether packs have to be asked for. */
export type Approvals = {
  /**
   * `Off`: no. `Required`: by a PackRequest that an administrator approves.
   * @default "Off"
   */
  readonly mode?: "Off" | "Required";
};

/** The limits of the uninstall guard. */
export type UninstallGuard = {
  /**
   * Stop if more than this share of all installs would be uninstalled.
   * @integer int64
   * @minimum 1
   * @maximum 100
   * @default 20
   */
  readonly maxPercent?: number;
  /**
   * Never stop for this many or fewer.
   * @integer int64
   * @minimum 0
   * @maximum 100000
   * @default 10
   */
  readonly minimum?: number;
  /**
   * Uninstalls within this many seconds are counted together.
   * @integer int64
   * @minimum 10
   * @maximum 86400
   * @default 300
   */
  readonly windowSeconds?: number;
};

/** What the controller knows about the organization. */
export type PackOrganizationStatus = CommonStatus & {
  /** The state of the uninstall guard. */
  readonly uninstallGuard?: UninstallGuardState;
};

/** The state of the uninstall guard. */
export type UninstallGuardState = {
  /** Whether uninstalls are stopped. */
  readonly paused: boolean;
  /** Since when. */
  readonly since?: Timestamp;
  /** How many wait. */
  readonly waiting?: Count;
  /** Since when those that wait are within the limits, and none of them has come back. */
  readonly calmSince?: Timestamp;
  /** When they were last let go by a request. */
  readonly resumedAt?: Timestamp;
  /** The value of the annotation `packs.dev/uninstall-resume-requested-at` that was last acted on. */
  readonly lastHandledResumeAt?: RequestMark;
};
