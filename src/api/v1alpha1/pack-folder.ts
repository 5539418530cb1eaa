import type { Resourceful } from "../meta.ts";
import type { CommonStatus, ObjectRef, Share } from "./common.ts";

/**
 * A folder: its parent and with whom it is shared. Its docs are shared with the same people.
 * @shortName packfld
 * @labelName
 * @printColumn PARENT string .spec.parentRef.name
 * @selectableField .spec.parentRef.name
 */
export type PackFolder = Resourceful<PackFolderSpec, PackFolderStatus>;

/** The folder. */
export type PackFolderSpec = {
  /** The PackFolder in this namespace that it is in. Absent: at the top. */
  readonly parentRef?: ObjectRef;
  /**
   * With whom it is shared.
   * @listType map
   * @listMapKey kind
   * @listMapKey name
   * @maxItems 300
   */
  readonly sharing?: readonly Share[];
};

/** What the controller knows about the folder. */
export type PackFolderStatus = CommonStatus;
