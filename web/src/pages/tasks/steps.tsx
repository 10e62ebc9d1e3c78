/** The four steps of a task, and at which one it is. */

import type { TaskStatus } from "../../api/tasks";
import { texts } from "../../i18n";

const useSteps = texts(
  { label: "Steps", names: ["In line", "Sent", "Generating", "Saving"] },
  { label: "进度", names: ["排队", "提交", "生成", "转存"] },
);

const AT: Record<string, number> = { claimed: 1, submitting: 1, generating: 2, saving: 3 };

export function Steps({ task }: { task: TaskStatus }) {
  const t = useSteps();
  const now = task.status === "queued" ? 0 : task.status === "completed" ? 4 : (AT[task.phase ?? ""] ?? 1);
  return (
    <ol class="steps" aria-label={t.label}>
      {t.names.map((name, at) => (
        <li
          key={name}
          data-state={at < now ? "done" : at === now ? "now" : "ahead"}
          aria-current={at === now ? "step" : undefined}
        >
          <span class="step-mark" aria-hidden="true" />
          {name}
        </li>
      ))}
    </ol>
  );
}
