import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import type { Package } from "./model.ts";

/** CC: presenters/v3/package_presenter.rb */
export function presentPackage(pkg: Package, metadata: Metadata, links: Links): object {
  const path = `/v3/packages/${pkg.guid}`;
  return {
    guid: pkg.guid,
    created_at: presentTime(pkg.created_at),
    updated_at: presentTime(pkg.updated_at),
    type: pkg.type,
    data: pkg.type === "docker" ? dockerData(pkg) : { error: pkg.error, checksum: checksumOf(pkg) },
    state: pkg.state,
    relationships: { app: { data: { guid: pkg.app_guid } } },
    metadata,
    links: {
      self: links.to(path),
      ...(pkg.type === "bits"
        ? { upload: links.to(`${path}/upload`, "POST"), download: links.to(`${path}/download`) }
        : {}),
      app: links.to(`/v3/apps/${pkg.app_guid}`),
    },
  };
}

function dockerData(pkg: Package): object {
  return {
    image: pkg.docker_image,
    username: pkg.docker_username,
    password: pkg.docker_username === null ? null : "***",
  };
}

function checksumOf(pkg: Package): object {
  if (pkg.sha256 === null && pkg.sha1 !== null) return { type: "sha1", value: pkg.sha1 };
  return { type: "sha256", value: pkg.sha256 };
}
