/** Between what the threshold stays: as set here, or as the settings say. */

import { useEffect, useState } from "preact/hooks";

import { type Account, type QueueLimit, readLimit, resetLimit, setLimit } from "../../api/operate";
import { number } from "../../format";
import { Badge, Button, Card, Input, Loaded, toast, toastError } from "../../ui";
import { useLive, useResource } from "../../use";
import { useText } from "./text";

const MOST = 100_000;

export function BoundsCard({ account }: { account: Account }) {
  const t = useText().bounds;
  const limit = useResource((signal) => readLimit(account, signal), [account]);
  useLive((live) => live.kind !== "task" && limit.reload());
  const set = limit.data && isSet(limit.data);
  return (
    <Card title={t.title} aside={set && <Badge tone="info">{t.set}</Badge>} note={t.text} class="operate-wide">
      <Loaded of={limit} lines={3}>
        {(known) => <BoundsForm key={account} known={known} account={account} changed={limit.reload} />}
      </Loaded>
    </Card>
  );
}

function isSet({ operator }: QueueLimit): boolean {
  return operator.minimum !== null || operator.maximum !== null;
}

interface FormProps {
  known: QueueLimit;
  account: Account;
  changed: () => void;
}

function BoundsForm({ known, account, changed }: FormProps) {
  const t = useText().bounds;
  const [least, setLeast] = useState("");
  const [most, setMost] = useState("");
  const { operator, settings } = known;
  useEffect(() => {
    setLeast(operator.minimum?.toString() ?? "");
    setMost(operator.maximum?.toString() ?? "");
  }, [operator.minimum, operator.maximum]);
  const wrong = isWrong(least, most);
  const attempt = async (act: () => Promise<unknown>, done: string) => {
    try {
      await act();
      toast(done);
      changed();
    } catch (error) {
      toastError(error);
    }
  };
  const save = () => attempt(() => setLimit({ minimum: whole(least), maximum: whole(most) }, account), t.saved);
  const settingsSay = (value: number | null) => t.fromSettings(number(value));
  return (
    <form class="bounds" onSubmit={(event) => (event.preventDefault(), void save())}>
      <Input
        label={t.minimum}
        hint={settingsSay(settings.minimum)}
        placeholder={String(known.minimum)}
        inputMode="numeric"
        value={least}
        onInput={setLeast}
      />
      <Input
        label={t.maximum}
        hint={settingsSay(settings.maximum)}
        placeholder={String(known.maximum)}
        inputMode="numeric"
        value={most}
        onInput={setMost}
      />
      <p class="bounds-now">
        {t.now} <b>{number(known.threshold)}</b>
        <span class="muted">
          {" "}
          · {number(known.live)} {t.live}
        </span>
      </p>
      <div class="card-actions">
        <Button kind="primary" type="submit" disabled={wrong || (!least && !most)}>
          {t.save}
        </Button>
        {isSet(known) && <Button onClick={() => void attempt(() => resetLimit(account), t.wasReset)}>{t.reset}</Button>}
      </div>
      {wrong && (
        <p class="field-error" role="alert">
          {t.wrong}
        </p>
      )}
    </form>
  );
}

function whole(text: string): number | null {
  return text.trim() ? Number(text) : null;
}

function isWrong(least: string, most: string): boolean {
  const [low, high] = [whole(least), whole(most)];
  const bad = (value: number | null) => value !== null && !(Number.isInteger(value) && value >= 1 && value <= MOST);
  return bad(low) || bad(high) || (low !== null && high !== null && low > high);
}
