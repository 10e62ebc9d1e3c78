/** One task, read anew whenever something happens to it. */

import { type Timeline, type TaskStatus, isOpen, readTask, readTimeline } from "../../api/tasks";
import { type Resource, useCalm, useEvery, useLive, useResource } from "../../use";

const CALM_MS = 400;
/** The place in the line, and when it will be done, move without an event. */
const OPEN_SECONDS = 4;

export function useTask(id: string, also?: () => void): { task: Resource<TaskStatus>; reload: () => void } {
  const task = useResource((signal) => readTask(id, signal), [id]);
  const reload = () => (task.reload(), also?.());
  const calm = useCalm(reload, CALM_MS);
  useLive((live) => {
    if (live.kind === "reload" || (live.kind === "task" && live.event.task_id === id)) calm();
  });
  useEvery(OPEN_SECONDS, () => task.data && isOpen(task.data.status) && task.reload());
  return { task, reload };
}

export const useTimeline = (id: string): Resource<Timeline> => useResource((signal) => readTimeline(id, signal), [id]);
