/** What is shown where there is nothing, not yet anything, or an error. */

import type { ComponentChildren } from "preact";

import { key, askForKey } from "../api/key";
import { ApiError } from "../api/problem";
import { useText } from "../text";
import type { Resource } from "../use";
import { Button, Coded } from "./basics";
import { told } from "./problems";

export function Empty(props: { title?: string; text?: ComponentChildren; children?: ComponentChildren }) {
  const t = useText();
  return (
    <div class="state">
      <svg class="state-mark" viewBox="0 0 48 32" aria-hidden="true">
        <path d="M4 8h14M4 16h14M4 24h14" />
        <path d="M27 7v18l15-9z" />
      </svg>
      <p class="state-title">{props.title ?? t.nothing}</p>
      {props.text && (
        <p class="state-text">{typeof props.text === "string" ? <Coded text={props.text} /> : props.text}</p>
      )}
      {props.children}
    </div>
  );
}

export function Failed(props: { error: unknown; retry?: () => void }) {
  const t = useText();
  const { title, advice } = told(props.error);
  const refused = props.error instanceof ApiError && [401, 403].includes(props.error.status);
  return (
    <div class="state" data-tone="bad" role="alert">
      <p class="state-title">{title}</p>
      {advice && (
        <p class="state-text">
          <Coded text={advice} />
        </p>
      )}
      <div class="state-actions">
        {refused && <Button onClick={() => void askForKey(key.value ? "change" : "missing")}>{t.key.button}</Button>}
        {props.retry && <Button onClick={props.retry}>{t.actions.retry}</Button>}
      </div>
    </div>
  );
}

/** Lines where text will be, so that nothing jumps when it comes. */
export function Loading(props: { lines?: number }) {
  const t = useText();
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{t.loading}</span>
      {Array.from({ length: props.lines ?? 3 }, (_, at) => (
        <span key={at} class="loading-line" style={{ width: `${92 - ((at * 23) % 50)}%` }} />
      ))}
    </div>
  );
}

/** What was read, or why not; what was read before stays when reading it anew fails. */
export function Loaded<T>(props: { of: Resource<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  const { data, error, reload } = props.of;
  if (data !== undefined) return <>{props.children(data)}</>;
  return error ? <Failed error={error} retry={reload} /> : <Loading lines={props.lines} />;
}
