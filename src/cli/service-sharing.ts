import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { isMissing } from "./cloud-controller.ts";
import { type Command, required, value } from "./command.ts";
import { orNull } from "./errors.ts";
import type { Space, ToOne } from "./resources.ts";
import type { ServiceInstance } from "./service-instances.ts";
import type { ServiceOffering } from "./service-offerings.ts";

/** Whether other spaces use a service instance, seen from the targeted space. */
export type Sharing =
  | { readonly kind: "from-elsewhere" }
  | {
      readonly kind: "own";
      readonly with: readonly { readonly org: string; readonly space: string; readonly bindings: number }[];
      readonly isFlagEnabled: boolean;
      readonly isOfferingShareable: boolean;
    };

interface SharedSpaces {
  readonly included: {
    readonly spaces: readonly {
      readonly guid: string;
      readonly name: string;
      readonly relationships: { readonly organization: ToOne };
    }[];
    readonly organizations: readonly { readonly guid: string; readonly name: string }[];
  };
  readonly data: readonly object[];
}

interface UsageSummary {
  readonly usage_summary: readonly {
    readonly space: { readonly guid: string };
    readonly bound_app_count: number;
  }[];
}

/** cli: actor/v7action/service_instance_details.go */
export async function sharingOf(cli: Cli, instance: ServiceInstance, offeringGuid: string): Promise<Sharing> {
  const { cc, space } = cli;
  if (instance.relationships.space.data?.guid !== space.guid) return { kind: "from-elsewhere" };
  const { enabled } = await cc.get<{ enabled: boolean }>("/v3/feature_flags/service_instance_sharing");
  const isOfferingShareable = await isShareable(cli, offeringGuid);
  const path = `/v3/service_instances/${instance.guid}/relationships/shared_spaces`;
  const { data, included } = await cc.get<SharedSpaces>(path, {
    "fields[space]": ["guid", "name", "relationships.organization"],
    "fields[space.organization]": ["guid", "name"],
  });
  const usage = data.length === 0 ? [] : (await cc.get<UsageSummary>(`${path}/usage_summary`)).usage_summary;
  const rows = usage.map(({ space: { guid }, bound_app_count: bindings }) => {
    const used = included.spaces.find((one) => one.guid === guid);
    const orgGuid = used?.relationships.organization.data?.guid;
    const org = included.organizations.find((one) => one.guid === orgGuid);
    return { org: org?.name ?? "", space: used?.name ?? "", bindings };
  });
  return { kind: "own", with: rows, isFlagEnabled: enabled, isOfferingShareable };
}

async function isShareable({ cc }: Cli, offeringGuid: string): Promise<boolean> {
  const offering = await orNull(cc.get<ServiceOffering>(`/v3/service_offerings/${offeringGuid}`), isMissing);
  // Whoever may not see the offering any more is told nothing about it.
  return offering === null || offering.shareable === true;
}

export function sharingFlags(aboutSpace: string): NonNullable<Command["flags"]> {
  return [required(value("-s", aboutSpace)), value("-o", "Org of the other space (Default: targeted org)")];
}

/** The space that `-s` and `-o` name. Throws `NotFound`. */
export async function otherSpace(cli: Cli, input: Input): Promise<Space> {
  const orgName = input.text("o");
  const orgGuid = orgName === undefined ? cli.org.guid : (await cli.orgByName(orgName)).guid;
  return await cli.spaceByName(input.text("s") ?? "", orgGuid);
}
