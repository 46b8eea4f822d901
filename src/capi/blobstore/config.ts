export interface BlobstoreConfig {
  /** Folder of its own; made when missing. Holds `contents/`, `tmp/` and `names.sqlite`. */
  readonly root: string;
}
