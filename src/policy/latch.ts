/** An uninstalled pack stays away until somebody asks for it again (design: policy, section 3). */
import { ANNOTATION } from "../api/names.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { InstallInput } from "./input.ts";
import { requestMark } from "./request-mark.ts";

/** Whether uninstalled packs come back without being asked for. Unknown: no. */
export const returnsByItself = (organization: InstallInput["organization"]): boolean =>
  organization.state === "found" && organization.value.spec.reinstallPolicy === "Automatic";

/** Uninstalled, and nobody has asked since: neither by a new generation nor by the annotation. */
export const isLatched = (install: PackInstall): boolean => {
  const uninstalled = install.status?.uninstalled;
  return (
    uninstalled !== undefined &&
    uninstalled.observedGeneration === install.metadata.generation &&
    !asksToReinstall(install)
  );
};

/** A request to install again that nobody has acted on. Taking the annotation away asks for nothing. */
const asksToReinstall = (install: PackInstall): boolean => {
  const mark = requestMark(install, ANNOTATION.reinstallRequestedAt) ?? "";
  return mark !== "" && mark !== install.status?.lastHandledReinstallAt;
};
