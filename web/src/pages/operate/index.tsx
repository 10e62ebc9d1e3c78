/** What an operator does, section by section: `#/operate/<section>`. */

import type { ComponentType } from "preact";
import { useState } from "preact/hooks";

import type { Account } from "../../api/operate";
import { route, to } from "../../router";
import { health } from "../../service";
import { useText as useShell } from "../../text";
import { PageHeader, Select } from "../../ui";
import { Audit } from "./audit";
import { Dead } from "./dead";
import { Keys } from "./keys";
import { Queue } from "./queue";
import { Tenants } from "./tenants";
import { useText } from "./text";
import { Webhooks } from "./webhooks";
import { Workers } from "./workers";

export interface SectionProps {
  account: Account;
}

type Section = keyof ReturnType<typeof useText>["sections"];

const SECTIONS: Record<Section, ComponentType<SectionProps>> = {
  queue: Queue,
  workers: Workers,
  dead: Dead,
  webhooks: Webhooks,
  keys: Keys,
  tenants: Tenants,
  audit: Audit,
};

/** What is of one account, where there are several. */
const OF_ACCOUNT: readonly Section[] = ["queue", "workers", "dead"];

export function Operate() {
  const t = useText();
  const shell = useShell();
  const [account, setAccount] = useState<Account>("");
  const names = Object.keys(SECTIONS) as Section[];
  const current = names.find((each) => each === route.value.path[1]) ?? "queue";
  const View = SECTIONS[current];
  const accounts = health.value?.accounts ?? [];
  return (
    <>
      <PageHeader title={shell.pages.operate}>
        {accounts.length > 1 && OF_ACCOUNT.includes(current) && (
          <Select
            label={t.account}
            value={account}
            options={[{ value: "", label: t.allAccounts }, ...accounts.map(({ name }) => ({ value: name, label: name }))]}
            onChange={setAccount}
          />
        )}
      </PageHeader>
      <nav class="tabs" aria-label={shell.pages.operate}>
        {names.map((each) => (
          <a key={each} href={to(`operate/${each}`)} aria-current={each === current ? "page" : undefined}>
            {t.sections[each]}
          </a>
        ))}
      </nav>
      <View account={account} />
    </>
  );
}
