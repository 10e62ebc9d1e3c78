/** Short messages about what was done; read aloud politely. */

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { useText } from "../text";
import { told } from "./problems";

interface Toast {
  id: number;
  text: string;
  more?: string;
  tone: "good" | "bad";
}

const toasts = signal<Toast[]>([]);
let next = 1;

const GOOD_MS = 4000;
const BAD_MS = 12_000;

function show(toast: Omit<Toast, "id">): void {
  const id = next++;
  toasts.value = [...toasts.value.slice(-2), { ...toast, id }];
  setTimeout(() => dismiss(id), toast.tone === "good" ? GOOD_MS : BAD_MS);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

export function toast(text: string): void {
  show({ text, tone: "good" });
}

export function toastError(error: unknown): void {
  const { title, advice } = told(error);
  show({ text: title, more: advice, tone: "bad" });
}

export function Toasts() {
  const t = useText();
  const room = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // shown anew it stands above a dialog that was opened meanwhile
    room.current?.hidePopover();
    if (toasts.value.length) room.current?.showPopover();
  }, [toasts.value]);
  return (
    <div class="toasts" ref={room} popover="manual" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class="toast" data-tone={each.tone}>
          <div>
            <p>{each.text}</p>
            {each.more && <p class="toast-more">{each.more}</p>}
          </div>
          <button type="button" class="toast-close" aria-label={t.actions.close} onClick={() => dismiss(each.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
