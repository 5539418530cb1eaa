/**
 * The examples on a real Kubernetes API, with the real controller: the commands of each README, one after the other, and
 * after each step what the README says.
 */
import { execFile } from "node:child_process";
import { isDeepStrictEqual, promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { PACK_GRANT, PACK_GROUP, PACK_INSTALL } from "../../src/api/kinds.ts";
import { SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackGrant, PackGroup, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { groupPart, viewGroups } from "../../src/policy/groups.ts";
import type { GroupView } from "../../src/policy/user-access.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import {
  answerTo,
  asTold,
  type CallRow,
  type Command,
  enabledNames,
  type InstallRow,
  type Outcome,
  ROOT,
  readWalkthrough,
  WALKTHROUGHS,
} from "../examples/walkthrough.ts";
import { Stage } from "./kit.ts";

const DEADLINE = { deadlineMs: 20_000 };

/** Everything that an example leaves behind and the next one could see; installs first, while the rest is there. */
const LEFT_BEHIND = ["packconfigurations", "packreviews", "packgroups"];

type ExecError = Error & { readonly stderr: string };

describeCluster("the examples on a real API server", () => {
  let stage: Stage;

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { endpoint, kubeconfig } = stage.plane;
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const { stdout } = await promisify(execFile)(endpoint.kubectl, [...args], { cwd: ROOT, env });
    return stdout;
  };

  const refusalOf = (...args: readonly string[]): Promise<string> =>
    kubectl(...args).then(
      (stdout) => `not refused: ${stdout}`,
      ({ stderr }: ExecError) => stderr,
    );

  /** What the API server refuses because of something that the controller writes, it refuses a moment later. */
  const perform = async ({ args, refused }: Command): Promise<void> => {
    if (refused === undefined) return void (await kubectl(...args));
    const dryRun = async () => (await refusalOf(...args, "--dry-run=server")).includes(refused);
    await eventually(`kubectl ${args.join(" ")} is refused`, dryRun, DEADLINE);
    expect(await refusalOf(...args)).toContain(refused);
  };

  const look = async ({ name, namespace }: InstallRow): Promise<Required<Outcome>> => {
    const { metadata, status } = await stage.admin.get<PackInstall>(PACK_INSTALL, { namespace, name });
    if (status?.observedGeneration !== metadata.generation) throw new Error("the controller has not seen it yet");
    const reason = (type: string): string => status?.conditions?.find((it) => it.type === type)?.reason ?? "";
    return {
      state: reason("Installed"),
      configuration: status?.boundConfiguration?.name ?? "",
      enabled: enabledNames(status?.components),
      trial: reason("PolicyFit"),
    };
  };

  const comesOut = async (row: InstallRow): Promise<void> => {
    let seen: Outcome | undefined;
    const asPromised = async () => {
      seen = asTold(await look(row), row.expected);
      return isDeepStrictEqual(seen, row.expected);
    };
    await eventually(`${row.namespace}/${row.name} comes out`, asPromised, DEADLINE).catch(() => undefined);
    expect(seen, `${row.namespace}/${row.name}`).toEqual(row.expected);
  };

  const groupsNow = async (): Promise<GroupView> => {
    const { items } = await stage.admin.list<PackGroup>(PACK_GROUP);
    const parts = Map.groupBy(items.map(groupPart), ({ group }) => group);
    return viewGroups((group) => parts.get(group) ?? [], true, Date.now());
  };

  const isAnswered = async (row: CallRow): Promise<void> => {
    const ref = { namespace: SYSTEM_NAMESPACE, name: childName(row.namespace, row.install) };
    const { spec } = await stage.admin.get<PackGrant>(PACK_GRANT, ref);
    const what = `${row.user} calls ${row.call} in ${row.namespace}/${row.install}`;
    expect(answerTo(row, spec, await groupsNow(), Date.now()), what).toBe(row.answer);
  };

  beforeAll(async () => {
    stage = await Stage.start({ organization: "none" });
    await stage.launch().leading();
  });

  afterEach(async () => {
    await kubectl("delete", "packinstalls", "--all", "--all-namespaces", "--timeout=30s");
    for (const kind of LEFT_BEHIND) await kubectl("delete", kind, "--all");
  });

  afterAll(() => stage?.stop());

  for (const { folder, promise } of WALKTHROUGHS) {
    it(`${promise} (examples/${folder})`, async () => {
      for (const { calls, commands, installs } of readWalkthrough(folder)) {
        for (const command of commands) await perform(command);
        for (const row of installs) await comesOut(row);
        for (const row of calls) await isAnswered(row);
      }
    });
  }
});
