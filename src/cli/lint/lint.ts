/** Everything that `packctl lint` finds in loaded objects. Pure. */
import { PACK_GRANT } from "../../api/kinds.ts";
import type { Settings } from "../../resources/settings.ts";
import { type Loaded, validObjects } from "../input/load.ts";
import { isRefused } from "../schema/admission.ts";
import { buildWorld } from "../world.ts";
import { acceptanceFindings } from "./acceptance.ts";
import { adviceFindings } from "./advice.ts";
import type { LintContext } from "./context.ts";
import { type Finding, inReadingOrder } from "./finding.ts";
import { placeholderFindings, withoutConsequences } from "./placeholders.ts";
import { readingFindings } from "./reading.ts";
import { referenceFindings } from "./references.ts";

export type LintOptions = {
  readonly settings: Settings;
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly strict: boolean;
};

/** The findings in reading order. Checks over several objects look only at those that the API server would take. */
export const lint = (loaded: Loaded, { settings, namespace, now, strict }: LintOptions): readonly Finding[] => {
  const context: LintContext = {
    valid: loaded.ours.filter(({ manifest, admitted }) => manifest.kind !== PACK_GRANT.kind && !isRefused(admitted)),
    world: buildWorld(validObjects(loaded), namespace, now),
    settings,
    namespace,
    strict,
  };
  return inReadingOrder(
    withoutConsequences(placeholderFindings(loaded.ours, context.world.definitions), [
      ...readingFindings(loaded, namespace),
      ...acceptanceFindings(context),
      ...referenceFindings(context),
      ...adviceFindings(context),
    ]),
  );
};
