/** A moment that ages, and a button that copies. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { ago, exactly } from "../format";
import { useText } from "../text";
import { Button } from "./basics";
import { toastError } from "./toast";

/** The time of all ages on the page: they move together. */
const now = signal(Date.now());
setInterval(() => !document.hidden && (now.value = Date.now()), 5000);

/** How long ago something was; the exact time is in its tooltip. */
export function Ago(props: { at: string | number | Date | null | undefined }) {
  const t = useText();
  if (props.at === null || props.at === undefined) return <span class="muted">{t.never}</span>;
  const at = new Date(props.at);
  return (
    <time dateTime={at.toISOString()} title={exactly(at)} class="nowrap">
      {ago(at, now.value)}
    </time>
  );
}

export function Copy(props: { text: string; label?: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Button size="small" kind="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{copied ? t.actions.copied : (props.label ?? t.actions.copy)}</span>
    </Button>
  );
}
