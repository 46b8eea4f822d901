import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import { obfuscateUrl } from "../apps/audited-request.ts";
import type { Droplet, DropletBuildpack } from "./model.ts";

/** @param hidden null, or the text instead of commands and execution metadata. CC: presenters/v3/droplet_presenter.rb */
export function presentDroplet(droplet: Droplet, hidden: string | null, metadata: Metadata, links: Links): object {
  const path = `/v3/droplets/${droplet.guid}`;
  const app = `/v3/apps/${droplet.app_guid}`;
  const downloadable = droplet.state === "STAGED" && droplet.lifecycle_type === "buildpack";
  return {
    guid: droplet.guid,
    created_at: presentTime(droplet.created_at),
    updated_at: presentTime(droplet.updated_at),
    state: droplet.state,
    error: errorOf(droplet),
    lifecycle: { type: droplet.lifecycle_type, data: {} },
    checksum: checksumOf(droplet),
    buildpacks: droplet.lifecycle_type === "docker" ? null : buildpacksOf(droplet),
    stack: droplet.stack,
    image: droplet.image,
    execution_metadata: hidden ?? droplet.execution_metadata,
    process_types: hidden === null ? (JSON.parse(droplet.process_types) as object) : { redacted_message: hidden },
    relationships: { app: { data: { guid: droplet.app_guid } } },
    metadata,
    links: {
      self: links.to(path),
      app: links.to(app),
      assign_current_droplet: links.to(`${app}/relationships/current_droplet`, "PATCH"),
      ...(droplet.package_guid === null ? {} : { package: links.to(`/v3/packages/${droplet.package_guid}`) }),
      ...(droplet.state === "AWAITING_UPLOAD" ? { upload: links.to(`${path}/upload`, "POST") } : {}),
      ...(downloadable ? { download: links.to(`${path}/download`) } : {}),
    },
  };
}

function errorOf(droplet: Droplet): string | null {
  const texts = [droplet.error_id, droplet.error_description].filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join(" - ");
}

function checksumOf(droplet: Droplet): object | null {
  if (droplet.sha256 !== null) return { type: "sha256", value: droplet.sha256 };
  return droplet.sha1 === null ? null : { type: "sha1", value: droplet.sha1 };
}

function buildpacksOf(droplet: Droplet): object[] {
  return (JSON.parse(droplet.buildpacks) as DropletBuildpack[]).map((buildpack) => ({
    ...buildpack,
    name: obfuscateUrl(buildpack.name),
  }));
}
