/** Asks for the API key, when a call was refused for want of one. */

import { useState } from "preact/hooks";

import { asking, declineKey, giveKey } from "../api/key";
import { useText } from "../text";
import { Button, Check, Dialog, Input } from "../ui";

export function KeyDialog() {
  return asking.value ? <KeyForm why={asking.value} /> : null;
}

function KeyForm(props: { why: "missing" | "refused" | "change" }) {
  const t = useText();
  const [given, setGiven] = useState("");
  const [lasting, setLasting] = useState(false);
  return (
    <Dialog
      title={t.key.title}
      onClose={declineKey}
      onSubmit={() => given.trim() && giveKey(given, lasting)}
      footer={
        <>
          <Button kind="quiet" onClick={declineKey}>
            {t.actions.cancel}
          </Button>
          <Button kind="primary" type="submit" disabled={!given.trim()}>
            {t.key.use}
          </Button>
        </>
      }
    >
      <p>{t.key[props.why]}</p>
      <Input
        label={t.key.label}
        hint={t.key.hint}
        type="password"
        autoComplete="off"
        spellcheck={false}
        autoFocus
        value={given}
        onInput={setGiven}
      />
      <Check label={t.key.lasting} checked={lasting} onChange={setLasting} />
    </Dialog>
  );
}
