/** Programs that the machine lacks, unpacked beside it; lies over /usr in every container of a host-backed stack. */
export interface PackageLayer {
  readonly id: string;
  /** Holds `usr/` and maybe `etc/`, owned by the containers' root. */
  readonly path: string;
  /** Links below /usr that maintainer scripts would have made: name → target. */
  readonly links: Readonly<Record<string, string>>;
}
