import { useText } from "../../text";
import { Empty, PageHeader } from "../../ui";

export function Overview() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.pages.overview} />
      <Empty title={t.soon} />
    </>
  );
}
