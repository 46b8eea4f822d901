export { type MetricsServer, startMetricsServer } from "./metrics-server.ts";
export { type ProcessGauges, startProcessGauges } from "./process-gauges.ts";
