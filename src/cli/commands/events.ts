import { APP_NAME, type Command } from "../command.ts";
import { logDate } from "../dates.ts";
import { eventDescription } from "../event-description.ts";

interface AuditEvent {
  readonly created_at: string;
  readonly type: string;
  readonly actor: { readonly name: string };
  readonly data: Readonly<Record<string, unknown>> | null;
}

export const command: Command = {
  usage: "cf events APP_NAME",
  args: APP_NAME,
  related: "app, logs, map-route, unmap-route",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting events for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    // The newest page, as the official command line shows it.
    const query = { target_guids: app.guid, order_by: "-created_at", page: 1 };
    const { resources } = await cli.cc.get<{ resources: AuditEvent[] }>("/v3/audit_events", query);
    if (resources.length === 0) ui.text("No events found.");
    const rows = resources.map((event) => [
      logDate(new Date(event.created_at)),
      event.type,
      event.actor.name,
      eventDescription(event.data ?? {}),
    ]);
    ui.table([["time", "event", "actor", "description"], ...rows]);
  },
};
