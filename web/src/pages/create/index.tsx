/** Create: a form made of the catalogue, and beside it the video on its way. */

import "./create.css";

import { useRef, useState } from "preact/hooks";

import { isOpen } from "../../api/tasks";
import { go, route, to } from "../../router";
import { useText } from "../../text";
import { Button, Failed, Loading, PageHeader } from "../../ui";
import { TaskActions } from "../tasks/actions";
import { Outcome } from "../tasks/one";
import { useTask } from "../tasks/task";
import { catalogueError, readCatalogue, useCatalogue } from "../models";
import { CreateForm } from "./form";
import { useCreateText } from "./text";

const narrow = matchMedia("(max-width: 60rem)");

export function Create() {
  const t = useCreateText();
  const catalogue = useCatalogue();
  const [prompt, setPrompt] = useState("");
  const id = route.value.query.get("task");
  const side = useRef<HTMLDivElement>(null);
  const created = (task: string) => {
    go("create", { task }, true);
    // On a phone it is below the form.
    if (narrow.matches) requestAnimationFrame(() => side.current?.scrollIntoView({ block: "start", behavior: "smooth" }));
  };
  return (
    <>
      <PageHeader title={useText().pages.create} note={t.note} />
      <div class="create-grid">
        {catalogue ? (
          <CreateForm catalogue={catalogue} prompt={prompt} created={created} />
        ) : (
          <section class="card">
            {catalogueError.value ? (
              <Failed error={catalogueError.value} retry={() => void readCatalogue()} />
            ) : (
              <Loading lines={8} />
            )}
          </section>
        )}
        <div class="create-side" ref={side}>{id ? <Made key={id} id={id} /> : <Preview take={setPrompt} />}</div>
      </div>
    </>
  );
}

/** What was asked for, from its place in the line to the playing video. */
function Made({ id }: { id: string }) {
  const t = useCreateText();
  const { task, reload } = useTask(id);
  if (!task.data) return task.error ? <Failed error={task.error} retry={reload} /> : <Loading lines={4} />;
  return (
    <section class="stack" aria-label={t.preview.title}>
      <Outcome task={task.data} autoPlay />
      <p class="made-prompt">{String(task.data.request?.prompt ?? "")}</p>
      <div class="row">
        <a class="button" href={to(`tasks/${id}`)}>
          {t.opened}
        </a>
        {isOpen(task.data.status) && <TaskActions task={task.data} done={reload} only="cancel" />}
      </div>
    </section>
  );
}

function Preview({ take }: { take: (prompt: string) => void }) {
  const t = useCreateText();
  return (
    <section class="preview">
      <svg viewBox="0 0 48 32" aria-hidden="true">
        <path d="M4 8h14M4 16h14M4 24h14" />
        <path d="M27 7v18l15-9z" />
      </svg>
      <h2>{t.preview.title}</h2>
      <p>{t.preview.text}</p>
      <h3>{t.examples}</h3>
      <ul>
        {t.prompts.map((each) => (
          <li key={each}>
            <Button kind="quiet" class="example" onClick={() => take(each)}>
              {each}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
