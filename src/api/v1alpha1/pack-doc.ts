import type { Resourceful } from "../meta.ts";
import type { CommonStatus, Count, HttpsUrl, ObjectRef, Share, StatusName, UserName } from "./common.ts";

/**
 * A doc: who owns it, in which folder it is, with whom it is shared.
 * @shortName packdoc
 * @labelName
 * @printColumn OWNER string .spec.owner
 * @printColumn FOLDER string .spec.folderRef.name
 * @printColumn AUDIENCE integer .status.audience.size
 * @selectableField .spec.owner
 * @selectableField .spec.folderRef.name
 */
export type PackDoc = Resourceful<PackDocSpec, PackDocStatus>;

/**
 * The doc.
 * @rule !has(self.url) || has(self.id)
 *   message: `url` must be set only beside `id`; add the doc's id
 *   fieldPath: .url
 */
export type PackDocSpec = {
  /**
   * The doc's id in the product. Unique in the cluster; claiming it needs the verb `claim` on `docs.packs.dev`.
   * @minLength 1
   * @maxLength 128
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]*$
   *   message: must start with a letter or digit and have only letters, digits, '.', '_' and '-'
   */
  readonly id?: string;
  /** The doc's address. */
  readonly url?: HttpsUrl;
  /** Who owns the doc: you, unless you hold the verb `own-as` on that name. */
  readonly owner: UserName;
  /** The PackFolder in this namespace that it is in. */
  readonly folderRef?: ObjectRef;
  /**
   * With whom it is shared.
   * @listType map
   * @listMapKey kind
   * @listMapKey name
   * @maxItems 300
   */
  readonly sharing?: readonly Share[];
};

/** What the controller knows about the doc. */
export type PackDocStatus = CommonStatus & {
  /** Everybody who can see the doc, folders included. Absent: not known. */
  readonly audience?: AudienceSummary;
  /** With whom it may be shared while its packs stay. Absent: no limit. */
  readonly restriction?: ShareRestriction;
};

/** A summary of an audience. */
export type AudienceSummary = {
  /**
   * Changes when the audience does.
   * @maxLength 71
   */
  readonly hash?: string;
  /** Whether outsiders are among them. Absent: not known. */
  readonly external?: boolean;
  /** How many entries it has. */
  readonly size?: Count;
};

/**
 * With whom a doc may be shared: whoever one of these fields names. Where the people are too many to be listed, `usersFrom`
 * and `anyGroup` name more than may be: then the pack leaves the doc if it is shared too widely.
 */
export type ShareRestriction = {
  /**
   * These users.
   * @listType atomic
   * @maxItems 1000
   */
  readonly users?: readonly SubjectName[];
  /**
   * Users of these mail domains, one by one; `system:serviceaccounts` for the cluster's ServiceAccounts, `*` for every user.
   * @listType atomic
   * @maxItems 201
   */
  readonly usersFrom?: readonly StatusName[];
  /**
   * These groups.
   * @listType atomic
   * @maxItems 500
   */
  readonly groups?: readonly SubjectName[];
  /** Any group but those of `groupsExcept`. */
  readonly anyGroup?: boolean;
  /**
   * Not these groups, beside `anyGroup`.
   * @listType atomic
   * @maxItems 500
   */
  readonly groupsExcept?: readonly SubjectName[];
  /**
   * These mail domains as a whole.
   * @listType atomic
   * @maxItems 200
   */
  readonly domains?: readonly StatusName[];
  /** Anyone. */
  readonly anyone?: boolean;
  /**
   * The configurations that ask for it.
   * @listType atomic
   * @maxItems 32
   */
  readonly by?: readonly StatusName[];
};

/**
 * A user or group, in a status.
 * @maxLength 512
 */
export type SubjectName = string;
