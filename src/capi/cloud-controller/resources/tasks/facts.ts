import { HIDDEN } from "../../audit-events.ts";

/** What events about a task say of it. CC: repositories/task_event_repository.rb */
export function taskFacts(task: {
  readonly guid: string;
  readonly name: string;
  readonly memory_in_mb: number;
}): object {
  return { task_guid: task.guid, request: { name: task.name, memory_in_mb: task.memory_in_mb, command: HIDDEN } };
}
