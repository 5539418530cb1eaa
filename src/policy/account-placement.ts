/** Where in a request a credential is put. The pack says it; the gateway does it. */
import type { Authentication, CredentialPlacement, HeaderPlacement } from "../api/v1alpha1/index.ts";

const header = (name: string, prefix: string | undefined): HeaderPlacement => ({
  name,
  ...(prefix === undefined || prefix === "" ? {} : { prefix }),
});

const bearer = (prefix = "Bearer"): Pick<CredentialPlacement, "headers"> => ({
  headers: [header("Authorization", prefix)],
});

/** Where in a request a credential of this authentication is put. Lists are sorted. */
export const placementOf = (authentication: Authentication): CredentialPlacement => ({
  type: authentication.type,
  ...slotsOf(authentication),
});

const slotsOf = (authentication: Authentication): Omit<CredentialPlacement, "type"> => {
  switch (authentication.type) {
    case "None":
      return {};
    case "HeaderBearerToken":
    case "GoogleServiceAccount":
    case "PlatformToken":
      return bearer();
    case "WebBasic":
      return bearer("Basic");
    case "OAuth2":
      return authentication.oauth2?.tokenQueryParam === undefined
        ? bearer(authentication.oauth2?.tokenPrefix)
        : { params: [authentication.oauth2.tokenQueryParam] };
    case "OAuth2ClientCredentials":
      return bearer(authentication.oauth2ClientCredentials?.tokenPrefix);
    case "CustomHeaderToken":
    case "MultiHeaderToken":
      return { headers: headersOf(authentication) };
    case "QueryParamToken":
    case "MultiQueryParamToken":
    case "Custom":
      return { params: paramsOf(authentication) };
    case "AWSAccessKey":
    case "AWSAssumeRole":
      return serviceOf(authentication);
  }
};

const headersOf = ({ customHeaderToken: one, multiHeaderToken: many }: Authentication): readonly HeaderPlacement[] =>
  [
    ...(one === undefined ? [] : [header(one.headerName, one.tokenPrefix)]),
    ...(many?.headers ?? []).map(({ name, tokenPrefix }) => header(name, tokenPrefix)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));

const paramsOf = ({ queryParamToken: one, multiQueryParamToken: many, custom }: Authentication): readonly string[] =>
  [
    ...(one === undefined ? [] : [one.paramName]),
    ...[...(many?.params ?? []), ...(custom?.params ?? [])].map(({ name }) => name),
  ].sort();

const serviceOf = ({ awsAccessKey, awsAssumeRole }: Authentication): Pick<CredentialPlacement, "service"> => {
  const aws = awsAccessKey ?? awsAssumeRole;
  return aws === undefined ? {} : { service: aws.service };
};
