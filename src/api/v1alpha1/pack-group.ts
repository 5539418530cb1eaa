import type { Resourceful } from "../meta.ts";
import type { CommonStatus, Count, GroupName, Timestamp, UserName } from "./common.ts";

/**
 * Members of a group, from Git, SCIM or a directory. Several objects with one `groupName` are one group.
 * @shortName packgrp
 * @printColumn GROUP string .spec.groupName
 * @printColumn MEMBERS integer .status.memberCount
 * @printColumn SYNCED date .status.syncTime
 * @selectableField .spec.groupName
 */
export type PackGroup = Resourceful<PackGroupSpec, PackGroupStatus>;

/** The members, or some of them. */
export type PackGroupSpec = {
  /**
   * The name of the group. Absent: the name of this object.
   * @immutable
   */
  readonly groupName?: GroupName;
  /**
   * The name that people see.
   * @maxLength 512
   */
  readonly displayName?: string;
  /**
   * User names, exactly as `kubectl auth whoami` shows them.
   * @listType atomic
   * @maxItems 10000
   */
  readonly members?: readonly MemberName[];
  /** Where the members come from. Absent: from whoever writes this object, and never stale. */
  readonly source?: GroupSource;
};

/**
 * A member's user name.
 * @minLength 1
 * @maxLength 512
 */
export type MemberName = UserName;

/** Where members come from. */
export type GroupSource = {
  /**
   * The directory, such as `scim`.
   * @minLength 1
   * @maxLength 128
   */
  readonly name: string;
  /**
   * After how many seconds without a sync membership counts as unknown. Absent: never.
   * @integer int64
   * @minimum 60
   * @maximum 31536000
   */
  readonly maxAgeSeconds?: number;
};

/** What is known about the group. */
export type PackGroupStatus = CommonStatus & {
  /** When the source last looked. Written by the source. */
  readonly syncTime?: Timestamp;
  /** How many members this object has. */
  readonly memberCount?: Count;
};
