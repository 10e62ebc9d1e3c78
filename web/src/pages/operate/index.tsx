import { useText } from "../../text";
import { Empty, PageHeader } from "../../ui";

export function Operate() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.pages.operate} />
      <Empty title={t.soon} />
    </>
  );
}
