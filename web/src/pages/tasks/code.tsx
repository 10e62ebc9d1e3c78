/** The request of a task, and how to make it again from a program. */

import { useState } from "preact/hooks";

import { key } from "../../api/key";
import type { TaskStatus } from "../../api/tasks";
import { Card, Copy, Segments } from "../../ui";
import { useTaskText } from "./text";

type Kind = "curl" | "python" | "openai";
type Request = Record<string, unknown>;

/** A picture that came with the request is not told again, nor by which door it came. */
const NOT_TOLD = new Set(["client", "upload"]);

export function CodeCard({ task }: { task: TaskStatus }) {
  const t = useTaskText();
  const [kind, setKind] = useState<Kind>("curl");
  if (!task.request) return null;
  const request = Object.fromEntries(Object.entries(task.request).filter(([name]) => !NOT_TOLD.has(name)));
  const json = JSON.stringify(request, null, 2);
  const code = CODES[kind](request);
  const kinds: { value: Kind; label: string }[] = [
    { value: "curl", label: "curl" },
    { value: "python", label: "Python" },
    { value: "openai", label: t.openai },
  ];
  return (
    <>
      <Card title={t.request} aside={<Copy text={json} />}>
        <Code text={json} label={t.request} />
      </Card>
      <Card title={t.code} aside={<Copy text={code} />}>
        <Segments label={t.code} value={kind} options={kinds} onChange={setKind} />
        <Code text={code} label={t.code} />
      </Card>
    </>
  );
}

function Code(props: { text: string; label: string }) {
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={props.label}>
      <code>{props.text}</code>
    </pre>
  );
}

const CODES: Record<Kind, (request: Request) => string> = { curl, python, openai };

/** In single quotes a shell takes everything but a single quote as it is. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function curl(request: Request): string {
  const lines = [
    `curl -X POST ${location.origin}/aigc/create`,
    ...(key.value ? [`  -H "Authorization: Bearer $AIGCQ_API_KEY"`] : []),
    `  -H "Content-Type: application/json"`,
    `  -d ${quoted(JSON.stringify(request))}`,
  ];
  return lines.join(" \\\n");
}

/** JSON is Python but for three words. */
function literal(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value as Request).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each)}`);
    return `{${members.join(", ")}}`;
  }
  return JSON.stringify(value);
}

const fields = (request: Request, indent: string): string =>
  Object.entries(request)
    .map(([name, value]) => `${indent}${name}=${literal(value)},`)
    .join("\n");

function python({ model_name, model_version, prompt, ...others }: Request): string {
  const told = { prompt: prompt ?? "", model: nameOf(model_name, model_version), ...others };
  return [
    "from aigcq.client import Client",
    "",
    ...(key.value ? ["# The key is read from AIGCQ_API_KEY."] : []),
    `with Client("${location.origin}") as client:`,
    "    task = client.create(",
    fields(told, "        "),
    "    )",
    "    task = client.wait(task.task_id)",
    '    client.download(task, "video.mp4")',
  ].join("\n");
}

const nameOf = (...parts: unknown[]): string => parts.filter(Boolean).join("-");

function openai({ model_name, model_version, prompt, duration, tasks_priority, ...others }: Request): string {
  const extra = { ...others, ...(tasks_priority ? { priority: tasks_priority } : {}) };
  const told = {
    model: nameOf(model_name, model_version),
    prompt,
    ...(duration ? { seconds: String(duration) } : {}),
    ...(Object.keys(extra).length ? { extra_body: extra } : {}),
  };
  return [
    ...(key.value ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${location.origin}/v1", api_key=${key.value ? 'os.environ["AIGCQ_API_KEY"]' : '"any"'})`,
    "video = client.videos.create_and_poll(",
    fields(told, "    "),
    ")",
    `client.videos.download_content(video.id).write_to_file("video.mp4")`,
  ].join("\n");
}
