/** The dialogs about a key. */

import { useState } from "preact/hooks";

import { createKey, type Key, type KeyMade, revokeKey, rotateKey, type Scope } from "../../api/operate";
import { Ask, Button, Check, Copy, Dialog, Input, Select, toast } from "../../ui";
import { useText } from "./access-text";

const SCOPES: readonly Scope[] = ["create", "read", "admin"];
const DAY = 86_400;
const LIVES = { never: null, day: DAY, month: 30 * DAY, year: 365 * DAY } as const;
const OVERLAPS = { hour: 3600, day: DAY, week: 7 * DAY } as const;

interface MakeProps {
  onClose: () => void;
  made: (key: KeyMade) => void;
}

export function NewKeyDialog({ onClose, made }: MakeProps) {
  const t = useText().keys;
  const [name, setName] = useState("");
  const [tenant, setTenant] = useState("default");
  const [scopes, setScopes] = useState<readonly Scope[]>(["create", "read"]);
  const [life, setLife] = useState<keyof typeof LIVES>("never");
  const lives = (Object.keys(LIVES) as (keyof typeof LIVES)[]).map((value) => ({ value, label: t.lives[value] }));
  const run = async () => made(await createKey({ name, tenant, scopes: [...scopes], expires_in_seconds: LIVES[life] }));
  return (
    <Ask title={t.createTitle} act={t.createAct} disabled={!scopes.length || !tenant} onClose={onClose} run={run}>
      <Input label={t.name} hint={t.nameHint} value={name} onInput={setName} autoFocus />
      <Input label={t.tenant} hint={t.tenantHint} value={tenant} onInput={setTenant} required spellcheck={false} />
      <fieldset class="checks">
        <legend>{t.scopes}</legend>
        {SCOPES.map((each) => (
          <Check
            key={each}
            label={t.scopeHints[each]}
            checked={scopes.includes(each)}
            onChange={(on) => setScopes(SCOPES.filter((one) => (one === each ? on : scopes.includes(one))))}
          />
        ))}
      </fieldset>
      <Select
        label={t.expires}
        value={life}
        options={lives}
        onChange={(value) => setLife(value as keyof typeof LIVES)}
      />
    </Ask>
  );
}

/** The one time that a key is shown; it closes by its button only. */
export function KeyMadeDialog({ made, onClose }: { made: KeyMade; onClose: () => void }) {
  const t = useText().keys;
  return (
    <Dialog
      title={t.madeTitle}
      onClose={() => undefined}
      footer={
        <Button kind="primary" onClick={onClose}>
          {t.done}
        </Button>
      }
    >
      <p>{t.madeText}</p>
      <p class="secret">
        <code>{made.key}</code>
        <Copy text={made.key} label={t.copy} />
      </p>
    </Dialog>
  );
}

export function RotateDialog({ of, onClose, made }: MakeProps & { of: Key }) {
  const t = useText().keys;
  const [overlap, setOverlap] = useState<keyof typeof OVERLAPS>("day");
  const overlaps = (Object.keys(OVERLAPS) as (keyof typeof OVERLAPS)[]).map((value) => ({
    value,
    label: t.overlaps[value],
  }));
  const run = async () => made(await rotateKey(of.id, OVERLAPS[overlap]));
  return (
    <Ask title={t.rotateTitle} act={t.rotateAct} onClose={onClose} run={run}>
      <p>{t.rotateText}</p>
      <Select
        label={t.overlap}
        value={overlap}
        options={overlaps}
        onChange={(value) => setOverlap(value as keyof typeof OVERLAPS)}
      />
    </Ask>
  );
}

export function RevokeDialog({ of, onClose, done }: { of: Key; onClose: () => void; done: () => void }) {
  const t = useText().keys;
  const run = async () => {
    await revokeKey(of.id);
    toast(t.revoked);
    done();
  };
  return (
    <Ask title={t.revokeTitle} act={t.revokeAct} danger onClose={onClose} run={run}>
      <p>{t.revokeText(of.name || of.id)}</p>
    </Ask>
  );
}
