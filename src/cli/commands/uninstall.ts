/** `packctl uninstall resume`: lets the uninstalls go on that the guard has stopped. */
import type { Command } from "commander";
import { PACK_ORGANIZATION } from "../../api/kinds.ts";
import { ANNOTATION, ORGANIZATION_NAME } from "../../api/names.ts";
import type { PackOrganization } from "../../api/v1alpha1/index.ts";
import type { Client } from "../../kube/client.ts";
import { isNotFound } from "../../kube/errors.ts";
import { CALL_TIMEOUT_MS, type ClusterOptions, FIELD_MANAGER, withCluster, withClusterOptions } from "../cluster.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { plural } from "../text.ts";

export const uninstallCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const uninstall = program
    .command("uninstall")
    .summary("decide about uninstalls that are stopped")
    .description("Decides about uninstalls that the uninstall guard has stopped.");
  withClusterOptions(
    uninstall
      .command("resume")
      .summary("let stopped uninstalls go on")
      .description(
        "Lets the uninstalls go on that the uninstall guard has stopped because they were many at once. It cannot be taken back:\nsee first which installs wait (`kubectl get packinstalls -A`) and why (`packctl status`).",
      ),
  ).action(async (options: ClusterOptions) => end(await resume(options, io)));
};

const REF = { name: ORGANIZATION_NAME };

const organizationIn = async (client: Client): Promise<PackOrganization> => {
  try {
    return await client.get<PackOrganization>(PACK_ORGANIZATION, REF, { timeoutMs: CALL_TIMEOUT_MS });
  } catch (error) {
    if (isNotFound(error)) throw new CommandError(EXIT.findings, "there is no PackOrganization 'default'.");
    throw error;
  }
};

const resume = (options: ClusterOptions, io: Io): Promise<ExitCode> =>
  withCluster(options, async ({ client }) => {
    const { metadata, status } = await organizationIn(client);
    const { paused = false, waiting = 0 } = status?.uninstallGuard ?? {};
    if (!paused) io.stderr.write("note: the guard has stopped no uninstall, as far as the status says.\n");
    const asked = newTime(metadata.annotations?.[ANNOTATION.uninstallResumeRequestedAt], io.now());
    await client.mergePatch(
      PACK_ORGANIZATION,
      REF,
      { metadata: { annotations: { [ANNOTATION.uninstallResumeRequestedAt]: asked } } },
      { fieldManager: FIELD_MANAGER, timeoutMs: CALL_TIMEOUT_MS },
    );
    io.stdout.write(`Asked at ${asked} to resume${paused ? `: ${plural(waiting, "install")} waiting` : ""}.\n`);
    return EXIT.ok;
  });

/** RFC 3339, and never the value that is there already. */
const newTime = (present: string | undefined, now: number): string => {
  const time = new Date(now).toISOString();
  return time === present ? new Date(now + 1).toISOString() : time;
};
