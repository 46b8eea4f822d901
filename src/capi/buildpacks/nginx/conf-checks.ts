/** Files that a conf includes by name. nginx-buildpack: supply.go, GetIncludedConfs */
export function includedConfs(conf: string): string[] {
  return [...conf.matchAll(/include\s+([-.\w/]+\.conf);/g)].map(([, name]) => name!);
}

/** Whether nothing would tell of requests. nginx-buildpack: supply.go, CheckAccessLogging */
export function isAccessLogOff(conf: string): boolean {
  return !conf.includes("access_log") || /access_log\s+off/i.test(conf);
}
