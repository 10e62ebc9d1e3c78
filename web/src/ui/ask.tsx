/** A question before a deed: what it does stands above the buttons, what went wrong too. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { useText } from "../text";
import { Button } from "./basics";
import { Dialog } from "./dialog";
import { told } from "./problems";

interface AskProps {
  title: string;
  /** What the button does, in its words. */
  act: string;
  /** What closes it without the deed, where `Cancel` would be the deed. */
  dismiss?: string;
  danger?: boolean;
  disabled?: boolean;
  wide?: boolean;
  onClose: () => void;
  /** An error keeps the dialog open. */
  run: () => Promise<void>;
  children: ComponentChildren;
}

export function Ask({ title, act, dismiss, danger, disabled, wide, onClose, run, children }: AskProps) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await run();
    } catch (refused) {
      setError(refused);
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            {dismiss ?? t.actions.cancel}
          </Button>
          <Button kind={danger ? "danger" : "primary"} type="submit" busy={busy} disabled={disabled}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      {error !== null && <Refusal of={error} />}
    </Dialog>
  );
}

function Refusal(props: { of: unknown }) {
  const { title, advice } = told(props.of);
  return (
    <p class="field-error" role="alert">
      {title}
      {advice && <span class="field-hint">{advice}</span>}
    </p>
  );
}
