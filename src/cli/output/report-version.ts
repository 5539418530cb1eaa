/** `apiVersion` of everything that `packctl` prints for machines. */
export const REPORT_VERSION = "packctl.packs.dev/v1";
