import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The Go module that pins Kubernetes and etcd. */
export const KUBE_MODULE = join(import.meta.dirname, "kube");

/** The Kubernetes release that the Go module pins, such as `1.36.4`. */
export function pinnedVersion(): string {
  const found = /k8s\.io\/kubernetes v(\d+\.\d+\.\d+)/.exec(readFileSync(join(KUBE_MODULE, "go.mod"), "utf8"));
  if (found?.[1] === undefined) throw new Error(`${KUBE_MODULE}/go.mod does not require k8s.io/kubernetes`);
  return found[1];
}

/** The Go release that the Go module asks for, such as `1.26.0`. */
export function pinnedGo(): string {
  const found = /^go (\d+\.\d+\.\d+)$/m.exec(readFileSync(join(KUBE_MODULE, "go.mod"), "utf8"));
  if (found?.[1] === undefined) throw new Error(`${KUBE_MODULE}/go.mod names no Go version`);
  return found[1];
}

/** Without the version in these variables `/version` and every client that parses it break. */
export function buildFlags(version: string = pinnedVersion()): readonly string[] {
  const [major, minor] = version.split(".");
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((unit) => [
    `-X ${unit}.gitVersion=v${version}`,
    `-X ${unit}.gitMajor=${major}`,
    `-X ${unit}.gitMinor=${minor}`,
    `-X ${unit}.gitTreeState=clean`,
    `-X ${unit}.gitCommit=${"0".repeat(40)}`,
    `-X ${unit}.buildDate=1970-01-01T00:00:00Z`,
  ]);
  return [
    "-mod=readonly",
    "-pgo=off",
    "-trimpath",
    "-buildvcs=false",
    "-tags=selinux,notest,grpcnotrace",
    `-ldflags=-s -w ${stamps.join(" ")}`,
  ];
}

/** Names one state of the pinned sources, the flags and the platform: another state never finds this one's programs. */
export function sourceKey(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(readFileSync(join(KUBE_MODULE, file))).update("\0");
  hash.update(JSON.stringify([buildFlags(), process.platform, process.arch]));
  return hash.digest("hex").slice(0, 16);
}
