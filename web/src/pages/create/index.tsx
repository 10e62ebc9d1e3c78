import { useText } from "../../text";
import { Empty, PageHeader } from "../../ui";

export function Create() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.pages.create} />
      <Empty title={t.soon} />
    </>
  );
}
