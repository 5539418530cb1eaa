import { API_VERSION, PACK_GRANT } from "../api/kinds.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackGrant, PackGrantSpec, PackInstall } from "../api/v1alpha1/index.ts";
import { childMeta } from "./identity.ts";

export const packGrant = (install: PackInstall, spec: PackGrantSpec): PackGrant => ({
  apiVersion: API_VERSION,
  kind: PACK_GRANT.kind,
  metadata: childMeta(install, SYSTEM_NAMESPACE),
  spec,
});
