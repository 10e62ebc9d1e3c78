/** Pause, resume, drain; and the bounds of the threshold. */

import { useState } from "preact/hooks";

import { type Account, pauseQueue, resumeQueue } from "../../api/operate";
import type { QueueInfo } from "../../api/types";
import { number } from "../../format";
import { health, readHealth } from "../../service";
import { Ask, Badge, Button, Card, Check, Input, Loaded, toast, toastError } from "../../ui";
import { useInfo } from "../overview/data";
import { BoundsCard } from "./bounds";
import { useText } from "./text";

export function Queue({ account }: { account: Account }) {
  const info = useInfo();
  const [pausing, setPausing] = useState<null | { reason: string }>(null);
  const changed = () => {
    setPausing(null);
    info.reload();
    void readHealth();
  };
  return (
    <div class="operate-queue">
      <Loaded of={info} lines={5}>
        {(all) => {
          const shown = all.accounts.find((each) => each.name === account) ?? all;
          return (
            <>
              <FlowCard info={shown} account={account} pause={() => setPausing({ reason: "" })} changed={changed} />
              <DrainCard info={shown} pause={(reason) => setPausing({ reason })} />
            </>
          );
        }}
      </Loaded>
      <BoundsCard account={account} />
      {pausing && (
        <PauseDialog account={account} reason={pausing.reason} onClose={() => setPausing(null)} changed={changed} />
      )}
    </div>
  );
}

type Flow = Pick<QueueInfo, "paused" | "pause_reason" | "active_count">;

function FlowCard(props: { info: Flow; account: Account; pause: () => void; changed: () => void }) {
  const t = useText().queue;
  const { paused, pause_reason: reason } = props.info;
  const [busy, setBusy] = useState(false);
  const resume = async () => {
    setBusy(true);
    try {
      await resumeQueue(props.account);
      toast(t.resumed);
      props.changed();
    } catch (error) {
      toastError(error);
    }
    setBusy(false);
  };
  return (
    <Card title={<Badge tone={paused ? "warn" : "good"}>{paused ? t.paused : t.flows}</Badge>}>
      <p>{paused ? t.pausedText : t.flowsText}</p>
      {paused && reason && <blockquote class="reason">{reason}</blockquote>}
      <div class="card-actions">
        {paused ? (
          <Button kind="primary" busy={busy} onClick={() => void resume()}>
            {t.resume}
          </Button>
        ) : (
          <Button onClick={props.pause}>{t.pause}</Button>
        )}
      </div>
    </Card>
  );
}

function DrainCard(props: { info: Flow; pause: (reason: string) => void }) {
  const t = useText().queue;
  const { paused, active_count: live } = props.info;
  return (
    <Card title={t.drain}>
      <p>{t.drainText}</p>
      <p class="drain" role="status" data-tone={paused && !live ? "good" : "accent"}>
        <b>{number(live)}</b> {paused ? (live ? t.left(live) : t.drained) : t.running(live)}
      </p>
      {!paused && (
        <div class="card-actions">
          <Button onClick={() => props.pause(t.drainReason)}>{t.drainNow}</Button>
        </div>
      )}
    </Card>
  );
}

interface PauseProps {
  account: Account;
  reason: string;
  onClose: () => void;
  changed: () => void;
}

function PauseDialog(props: PauseProps) {
  const t = useText().queue;
  const [reason, setReason] = useState(props.reason);
  const [move, setMove] = useState(false);
  const several = (health.value?.accounts.length ?? 0) > 1;
  const run = async () => {
    await pauseQueue(reason.trim(), move, props.account);
    toast(t.pausedToast);
    props.changed();
  };
  return (
    <Ask title={t.pauseTitle} act={t.pause} disabled={!reason.trim()} onClose={props.onClose} run={run}>
      <p>{t.pauseText}</p>
      <Input label={t.reason} hint={t.reasonHint} value={reason} onInput={setReason} maxLength={500} required autoFocus />
      {several && <Check label={t.move} checked={move} onChange={setMove} />}
    </Ask>
  );
}
