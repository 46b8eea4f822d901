export { type ProcessGauges, startProcessGauges } from "./process-gauges.ts";
