/** What an operator is told of plans that left the catalog while instances of them exist. CC: service_manager.rb, DeactivatedPlansWarning */
export function deactivationWarning(
  brokerUrl: string,
  kept: readonly { readonly offering: string; readonly plan: string }[],
): string {
  const plans = new Map<string, string[]>();
  for (const { offering, plan } of kept) plans.set(offering, [...(plans.get(offering) ?? []), plan]);
  const lists = [...plans]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([offering, names]) => `\nService Offering: ${offering}\nPlans deactivated: ${names.sort().join(", ")}\n`);
  return (
    `Warning: Service plans are missing from the broker's catalog (${brokerUrl}/v2/catalog) but can not be removed from Cloud Foundry ` +
    "while instances exist. The plans have been deactivated to prevent users from attempting to provision new instances of these plans. " +
    "The broker should continue to support bind, unbind, and delete for existing instances; if these operations fail contact your broker " +
    `provider.\n${lists.join("")}`
  );
}
