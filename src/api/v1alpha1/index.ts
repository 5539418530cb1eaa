/** Every kind of `packs.dev/v1alpha1`. */
export type * from "./common.ts";
export type * from "./pack-account.ts";
export type * from "./pack-configuration.ts";
export type * from "./pack-definition.ts";
export type * from "./pack-doc.ts";
export type * from "./pack-folder.ts";
export type * from "./pack-grant.ts";
export type * from "./pack-group.ts";
export type * from "./pack-install.ts";
export type * from "./pack-organization.ts";
export type * from "./pack-request.ts";
export type * from "./pack-review.ts";
